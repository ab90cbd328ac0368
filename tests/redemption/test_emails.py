"""Every mail of the app, rendered: both parts, one subject line, and what it must name."""

from datetime import timedelta

import pytest

from credits_portal.lib import formats
from credits_portal.outbox import registry
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.rendering import render
from redemption import exceptions, services, tasks
from redemption.services import (
    cancel,
    cancel_session,
    change_date,
    change_joining,
    confirm,
    decline,
    give_up,
    lapse,
    mark_attendance,
    move_session,
    replace,
    withdraw,
)
from tests.factories.redemption import (
    CourseFactory,
    TrainingSessionFactory,
    add_lot,
    funded_account,
    people,
    register,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def message(name, recipient=""):
    """Return the rendered mail of that name, of which there is one for the recipient."""
    mails = OutboundMail.objects.filter(name=f"redemption.{name}")
    return render(mails.get(recipient=recipient) if recipient else mails.get())


def html_of(rendered):
    return rendered.alternatives[0][0]


def places(redemption):
    return list(redemption.registrations.select_related("session", "redemption"))


def all_the_mails(moving_clock, django_user_model):
    """Do what queues each mail of the app at least once."""
    staff = django_user_model.objects.create_user("staff@example.com", is_staff=True)
    account, asking = funded_account(), funded_account(requires_approval=True)
    owner = asking.owner
    add_lot(account, 50, days=40)
    session = TrainingSessionFactory(seats=50, joining_details="Ring <twice>.")
    training = session.training
    booked = register(account, session=session, names=("ann", "bo"))
    other = TrainingSessionFactory(training=training)
    change_date(redemption=booked, places=places(booked), session=other, actor="registration:1")
    replace(redemption=booked, place=places(booked)[1], person=people("cy")[0])
    current = list(booked.registrations.live())
    cancel(redemption=booked, places=current, actor="registration:1")
    confirm(redemption=register(asking, session=session, names=["di"]), actor=owner)
    declined = register(asking, session=session, names=["ed"])
    decline(redemption=declined, actor=owner, reason="Next <year>.")
    withdraw(redemption=register(asking, session=session, names=["flo"]), actor="registration:1")
    lapsing = register(asking, session=session, names=["gus"])
    with pytest.raises(exceptions.TooFewCredits):
        register(funded_account(1), session=session)
    course = register(account, training=CourseFactory(), names=("hal", "ivy"))
    called_off = TrainingSessionFactory(training=training)
    register(account, session=called_off, names=("jo", "kay"))
    cancel_session(session=called_off, notice="The trainer is ill.", actor=staff)
    kept = register(account, session=session, names=("lee", "mia"))
    change_joining(session=session, place="Room 5", link=session.link, details="Ring once.")
    moved = {"starts_at": session.starts_at, "ends_at": session.ends_at + timedelta(hours=1)}
    move_session(session=session, notice="A holiday.", **moved)
    services.correct_address(redemption=kept, email="lee@other.example")
    moving_clock.advance(days=7)
    lapse(redemption=lapsing, actor="job:lapse")
    moving_clock.advance(days=16, hours=1)
    tasks.remind_participants()
    give_up(redemption=kept, place=places(kept)[0], actor="registration:1")
    moving_clock.advance(days=9)
    mark_attendance(session=session, attended=set())
    moving_clock.advance(days=303)
    tasks.remind_participants()
    tasks.remind_of_lots()
    moving_clock.advance(days=60)
    tasks.end_courses()
    tasks.remind_of_lots()
    return course


@pytest.fixture
def sent(moving_clock, django_user_model, client):
    all_the_mails(moving_clock, django_user_model)
    client.post("/registrations/find/", {"email": "ann@example.com"})
    return OutboundMail.objects.filter(name__startswith="redemption.")


def test_every_mail_of_the_app_is_sent_by_something(sent):
    names = {name for name in registry.names() if name.startswith("redemption.")}
    assert names == set(sent.values_list("name", flat=True))


def test_every_mail_renders_in_both_parts_on_one_subject_line(sent):
    for mail in sent:
        rendered = render(mail)
        assert rendered.subject.strip(), mail.name
        assert "\n" not in rendered.subject
        assert len(html_of(rendered).encode()) <= 30_000
        for part in (rendered.body, html_of(rendered)):
            assert "{{" not in part
            assert "None" not in part, mail.name


def test_every_mail_has_its_link_in_both_parts(sent, settings):
    for mail in sent.exclude(name="redemption.links"):
        rendered = render(mail)
        assert settings.BASE_URL in rendered.body
        assert settings.BASE_URL in html_of(rendered)


def test_every_preheader_says_more_than_the_subject(sent):
    for mail in sent:
        html = html_of(render(mail))
        preheader = html.partition('class="preheader"')[2].partition(">")[2].partition("<")[0]
        assert 40 <= len(preheader) <= 90, (mail.name, len(preheader), preheader)


def test_the_confirmation_brings_the_calendar_file(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    (file,) = message("confirmed").attachments
    assert file[0] == "training.ics"
    assert file[2] == "text/calendar"


@pytest.mark.parametrize("name", ["confirmed", "place_confirmed"])
def test_a_confirmed_course_says_how_it_is_started(moving_clock, name):
    register(funded_account(), training=CourseFactory(), names=("ann", "bo"))
    text = "Each participant starts the course on their own page, on any day."
    assert text in message(name).body
    assert text in html_of(message(name))


def test_the_owners_confirmation_names_the_balance(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    assert "900 credits" in message("confirmed_owner").body


def test_the_registrants_confirmation_does_not_tell_the_balance(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    assert "900" not in message("confirmed").body


def test_a_participants_mail_has_the_own_link_and_not_the_registrants(moving_clock):
    redemption = register(funded_account(), session=TrainingSessionFactory(), names=("ann", "bo"))
    body = message("place_confirmed", "bo@example.com").body
    assert redemption.registrations.get(name="Bo").link_token in body
    assert redemption.link_token not in body


def test_a_declined_request_tells_the_reason(moving_clock):
    redemption = register(funded_account(requires_approval=True), session=TrainingSessionFactory())
    decline(redemption=redemption, actor="job:test", reason="Next <year>.")
    assert "Next <year>." in message("declined").body
    assert "Next &lt;year&gt;." in html_of(message("declined"))


def test_a_cancellation_tells_what_returned_and_until_when(moving_clock):
    redemption = register(funded_account(), session=TrainingSessionFactory())
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    assert "100 credits returned and can be used until 10 March 2027." in message("cancelled").body


def test_a_cancellation_takes_the_class_off_the_calendar(moving_clock):
    redemption = register(funded_account(), session=TrainingSessionFactory())
    cancel(redemption=redemption, places=places(redemption), actor="registration:1")
    assert b"METHOD:CANCEL" in message("cancelled").attachments[0][1].encode()


def test_a_place_given_up_is_named_and_leaves_the_calendar(moving_clock):
    redemption = register(funded_account(), session=TrainingSessionFactory(), names=("ann", "bo"))
    moving_clock.advance(days=20)
    give_up(redemption=redemption, place=places(redemption)[0], actor="registration:1")
    rendered = message("given_up")
    assert "The place of Ann for" in rendered.body
    assert b"METHOD:CANCEL" in rendered.attachments[0][1].encode()


def test_a_mail_after_a_cancellation_names_who_still_takes_part(moving_clock):
    redemption = register(
        funded_account(), session=TrainingSessionFactory(), names=("ann", "bo", "cy")
    )
    cancel(redemption=redemption, places=places(redemption)[1:2], actor="registration:1")
    replace(redemption=redemption, place=places(redemption)[2], person=people("di")[0])
    body = message("replaced_owner").body
    assert "Participants: Ann, Di\n" in body
    assert "Price: 300 credits, 100 of them returned\n" in body


def test_a_mail_that_comes_late_names_no_past_last_moment(moving_clock):
    register(funded_account(), session=TrainingSessionFactory())
    moving_clock.advance(days=20)
    assert "You can cancel" not in message("confirmed").body


def test_owners_cannot_stop_the_last_reminders(moving_clock):
    account = funded_account()
    account.delegates.create(email="dana@example.com", status="accepted")
    moving_clock.advance(days=335)
    tasks.remind_of_lots()
    assert "List-Unsubscribe" not in message("lots_expiring", account.owner.email).extra_headers
    assert "List-Unsubscribe" in message("lots_expiring", "dana@example.com").extra_headers


def test_early_reminders_can_be_stopped_with_one_click(moving_clock):
    account = funded_account()
    moving_clock.advance(days=275)
    tasks.remind_of_lots()
    headers = message("lots_expiring", account.owner.email).extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_hostile_name_breaks_no_header(moving_clock):
    session = TrainingSessionFactory(training__title="Ada\r\nBcc: eve@example.com")
    register(funded_account(), session=session)
    assert "\r" not in message("confirmed").subject


def test_a_move_tells_the_earlier_date_too(moving_clock):
    session = TrainingSessionFactory()
    register(funded_account(), session=session, names=("ann", "bo"))
    before = formats.moment(session.starts_at, session.zone)
    starts_at, ends_at = session.starts_at + timedelta(days=1), session.ends_at + timedelta(days=1)
    move_session(session=session, starts_at=starts_at, ends_at=ends_at, notice="Ill.")
    for name in ("class_moved", "class_moved_owner", "place_moved"):
        assert f"It was to start on {before}." in message(name).body
        assert f"It was to start on {before}." in html_of(message(name))


def test_a_waiting_request_is_told_of_a_move_without_how_to_join(moving_clock):
    account = funded_account(requires_approval=True)
    session = TrainingSessionFactory(joining_details="Ring twice.")
    register(account, session=session)
    starts_at, ends_at = session.starts_at + timedelta(days=1), session.ends_at + timedelta(days=1)
    move_session(session=session, starts_at=starts_at, ends_at=ends_at, notice="Ill.")
    mail = message("class_moved")
    assert "The request still waits for approval, until" in mail.body
    assert "Ring twice." not in mail.body
    assert mail.attachments == []
