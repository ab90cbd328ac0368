"""The demo's trainings and their dates, in several time zones, past and to come."""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from credits_portal.lib import clock
from redemption.models import Training, TrainingSession

ONLINE = "https://meet.example.com/classroom"

Dates = dict[tuple[str, int], TrainingSession]

TRAININGS: list[dict[str, Any]] = [
    {
        "slug": "field-surveying",
        "title": "Field Surveying",
        "summary": "Two days outdoors with total station and GNSS receiver.",
        "contents": "Setting up, traverses, levelling, checking what you measured.",
        "kind": Training.Kind.LIVE,
        "length": "2 days, 9:00 to 17:00",
        "credits": 600,
        "is_online": False,
        "place": "Berlin",
    },
    {
        "slug": "drone-mapping",
        "title": "Drone Mapping",
        "summary": "Plan a flight, fly it, and turn pictures into a map.",
        "contents": "Flight rules, ground control points, photogrammetry, quality report.",
        "kind": Training.Kind.LIVE,
        "length": "1 day, 9:00 to 17:00",
        "credits": 900,
        "is_online": False,
        "place": "Denver",
    },
    {
        "slug": "gis-for-teams",
        "title": "GIS for Teams",
        "summary": "Share maps and data without overwriting each other.",
        "contents": "Layers, versions, permissions, publishing.",
        "kind": Training.Kind.LIVE,
        "length": "1 day, 10:00 to 16:00",
        "credits": 450,
    },
    {
        "slug": "vermessungsrecht",
        "title": "Vermessungsrecht kompakt",
        "summary": "Was Vermessende über Grenzen, Kataster und Haftung wissen müssen.",
        "kind": Training.Kind.LIVE,
        "length": "1 Tag, 9:00 bis 16:00",
        "credits": 500,
        "language": "Deutsch",
    },
    {
        "slug": "coordinate-systems",
        "title": "Coordinate Systems",
        "summary": "Datums, projections and transformations at your own pace.",
        "kind": Training.Kind.ON_DEMAND,
        "length": "About 12 hours",
        "days_needed": 30,
        "credits": 150,
        "access_link": "https://learn.example.com/coordinate-systems",
    },
    {
        "slug": "site-safety",
        "title": "Safety on Site",
        "summary": "What everybody must know before entering a building site.",
        "kind": Training.Kind.ON_DEMAND,
        "length": "About 3 hours",
        "days_needed": 10,
        "credits": 50,
        "access_link": "https://learn.example.com/site-safety",
    },
]


class Series(NamedTuple):
    """Dates of one training: days from today, the class's zone, and where it is."""

    slug: str
    days: list[int]
    zone: str
    starts: int
    hours: int
    seats: int
    place: str = ""
    link: str = ""


SERIES = [
    Series(
        "field-surveying", [-360, -90, 6, 45, 120], "Europe/Berlin", 9, 32, 12, "Tempelhof, Berlin"
    ),
    Series("drone-mapping", [-250, -20, 21, 75], "America/Denver", 9, 8, 8, "Hangar 3, Denver"),
    Series("gis-for-teams", [-60, -5, 1, 12, 60, 200], "Europe/London", 10, 6, 30, link=ONLINE),
    Series("gis-for-teams", [33], "Asia/Singapore", 10, 6, 30, link=ONLINE),
    Series("vermessungsrecht", [28, 90], "Europe/Berlin", 9, 7, 2, link=ONLINE),
]


def build() -> Dates:
    """Make the trainings and their dates; return these by slug and days from today."""
    trainings = {terms["slug"]: Training.objects.create(**terms) for terms in TRAININGS}
    return {
        (series.slug, days): _make(trainings[series.slug], series, days)
        for series in SERIES
        for days in series.days
    }


def _make(training: Training, series: Series, days: int) -> TrainingSession:
    day = clock.today() + timedelta(days=days)
    starts_at = datetime.combine(day, time(series.starts), ZoneInfo(series.zone))
    return TrainingSession.objects.create(
        training=training,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=series.hours),
        time_zone=series.zone,
        seats=series.seats,
        place=series.place,
        link=series.link,
        joining_details="Bring the confirmation." if series.place else "",
    )
