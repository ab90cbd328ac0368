"""The filters and the form components, rendered as pages use them."""

from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from credits_portal.lib import fields


def render(text, **context):
    return Template("{% load portal crispy_forms_tags %}" + text).render(Context(context))


class Registration(forms.Form):
    key = fields.KeyField()
    name = fields.CleanCharField(label="Your name", help_text="As on the badge")
    email = fields.EmailField(label="Work email")
    note = fields.CleanCharField(label="Note", required=False)
    pay = forms.ChoiceField(
        label="How to pay", choices=[("card", "Card")], widget=forms.RadioSelect
    )
    terms = forms.BooleanField(label="I accept the terms")

    def clean(self):
        if self.data.get("note") == "full":
            raise forms.ValidationError("This date is full.")


EMPTY = {"name": "", "email": "dana"}


def form_page(data=None, **context):
    form = Registration(data)
    return render_to_string("components/_form.html", {"form": form, "submit": "Go", **context})


@pytest.mark.parametrize("name", ["credits", "number", "money", "day", "days_left", "moment"])
def test_what_is_absent_is_shown_blank(name):
    assert render("{{ value|" + name + " }}", value=None) == ""


def test_a_class_is_shown_in_its_own_zone_for_a_script_to_add_the_readers():
    start, end = datetime(2027, 6, 1, 7, tzinfo=UTC), datetime(2027, 6, 1, 15, tzinfo=UTC)
    assert render("{% class_time a b 'Europe/Berlin' %}", a=start, b=end) == (
        '<time datetime="2027-06-01T07:00:00+00:00" data-zone="Europe/Berlin"'
        ' data-local="Starts on your clock: %s">1 June 2027, 09:00 to 17:00 CEST</time>'
    )


def test_the_summary_says_how_many_things_to_put_right():
    assert "5 things to put right" in form_page(EMPTY)


def test_the_summary_leads_to_each_field_in_the_forms_order():
    page = form_page({"name": "", "email": "dana", "key": ""})
    anchors = [part.split('"')[0] for part in page.split('<li><a href="#')[1:]]
    assert anchors == ["id_name", "id_email", "id_pay_0", "id_terms"]


def test_the_summary_and_the_field_say_the_same():
    assert form_page(EMPTY).count("Fill in this field: Your name.") == 2


@pytest.mark.parametrize(
    "words", ["Choose an answer: How to pay.", "Tick “I accept the terms” to go on."]
)
def test_a_choice_left_open_is_named(words):
    assert form_page(EMPTY).count(words) == 2


def test_what_concerns_the_whole_form_stands_first_in_the_summary():
    assert "<li>This date is full.</li>" in form_page({"note": "full"})


def test_the_summary_takes_the_focus_without_a_script():
    assert 'tabindex="-1" autofocus' in form_page(EMPTY)


def test_a_field_names_its_hint_and_its_error():
    assert 'aria-describedby="id_name_helptext id_name_error"' in form_page(EMPTY)


def test_what_was_typed_is_kept():
    assert 'value="dana"' in form_page(EMPTY)


def test_a_blank_form_has_no_summary():
    assert "to put right" not in form_page()


def test_a_field_that_may_be_left_out_says_so():
    assert form_page().count("(optional)") == 1


def test_what_is_typed_is_escaped_at_the_field():
    assert "<script>" not in form_page({"name": "<script>"})


def test_form_sets_share_the_summary():
    formset = forms.formset_factory(Registration, extra=1, min_num=1)(
        {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "0",
            "form-0-email": "dana",
        }
    )
    page = form_page(EMPTY, formset=formset)
    assert '<a href="#id_form-0-name">' in page


def test_an_empty_state_explains_and_offers_one_action():
    page = render_to_string(
        "components/_empty.html", {"text": "No credits yet.", "url": "/buy/", "label": "Buy"}
    )
    assert page.count("<a ") == 1


def test_the_title_says_error_when_a_form_was_refused(rf):
    page = render_to_string("base.html", {"form": Registration(EMPTY)})
    assert "<title>Error: " in page


def test_the_title_names_the_programme(settings):
    assert f"– {settings.PORTAL_NAME}</title>" in render_to_string(
        "base.html", {"portal_name": settings.PORTAL_NAME}
    )


def test_the_administration_carries_the_programmes_name(admin_client, settings):
    assert f"{settings.PORTAL_NAME}: administration" in admin_client.get("/admin/").text
