from datetime import UTC, datetime

import pytest

from redemption import calendars
from redemption.models import Registration, Training, TrainingSession


@pytest.fixture
def place(moving_clock):
    training = Training(title="Ada; or, Pascal", kind=Training.Kind.LIVE)
    session = TrainingSession(
        training=training,
        starts_at=datetime(2026, 4, 1, 7, tzinfo=UTC),
        ends_at=datetime(2026, 4, 1, 15, tzinfo=UTC),
        time_zone="Europe/Berlin",
        place="Room 5, Berlin",
    )
    return Registration(pk=7, training=training, session=session, status="registered")


def lines(place):
    return calendars.event(place).decode().split("\r\n")


def test_a_class_is_one_event_in_utc(place, settings):
    settings.BASE_URL = "https://credits.example.com"
    settings.SUPPORT_EMAIL = "help@example.com"
    assert lines(place) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Training Credits//Training credits//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "UID:registration-7@credits.example.com",
        "SEQUENCE:0",
        "DTSTAMP:20260310T120000Z",
        "ORGANIZER:mailto:help@example.com",
        "DTSTART:20260401T070000Z",
        "DTEND:20260401T150000Z",
        r"SUMMARY:Ada\; or\, Pascal",
        r"LOCATION:Room 5\, Berlin",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_cancelled_place_takes_the_event_off(place):
    place.status = "cancelled"
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(lines(place))


def test_a_cancelled_class_takes_the_event_off(place):
    place.session.status = "cancelled"
    assert "METHOD:CANCEL" in lines(place)


def test_every_change_raises_the_sequence_under_the_same_uid(place):
    before = calendars.uid(place)
    place.sequence = 2
    assert "SEQUENCE:2" in lines(place)
    assert calendars.uid(place) == before


def test_text_is_escaped():
    assert calendars.escaped("a\\b;c,d\r\ne") == r"a\\b\;c\,d\ne"


def test_control_characters_are_dropped():
    assert calendars.escaped("a\x00b\x1bc") == "abc"


def test_long_lines_are_folded_at_75_octets_and_read_back_the_same():
    line = "SUMMARY:" + "Übung macht den Meister " * 10
    folded = calendars.folded(line)
    assert max(len(piece.encode()) for piece in folded.split("\r\n")) <= 75
    assert folded.replace("\r\n ", "") == line


def test_a_short_line_is_left_alone():
    assert calendars.folded("SUMMARY:x") == "SUMMARY:x"


def test_a_newline_in_a_title_adds_no_property(place):
    place.training.title = "x\r\nATTENDEE:mailto:eve@example.com"
    assert not [line for line in lines(place) if line.startswith("ATTENDEE")]


def test_on_demand_training_has_no_event(place):
    place.session = None
    with pytest.raises(ValueError, match="no calendar file"):
        calendars.event(place)
