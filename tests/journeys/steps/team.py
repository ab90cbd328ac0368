"""What a team member without an account does: register with the passkey, and look after it."""

from tests.journeys.steps.scenes import name_of


def registers(member, *, passkey, email, session=None, slug="surveying", others=(), attending=True):
    """Go from a training's page to the check page; `session` is how its date is named."""
    member.opens(f"/training/{slug}/")
    member.follows(f"Register {session}" if session else "Register")
    fills_in(member, passkey=passkey, email=email, others=others, attending=attending)


def fills_in(member, *, passkey, email, others=(), attending=True):
    """Fill in the registration form for oneself, or only for others."""
    member.fills("Your name", name_of(email))
    member.fills("Your work email", email)
    member.fills("Training passkey", passkey)
    if not attending:
        member.unticks("I am attending")
    for other in others:
        member.adds("Add participant", "Participant")
        member.fills_last("Name", name_of(other))
        member.fills_last("Work email", other)
    member.presses("Continue")


def confirms(member, button):
    """Press the check page's button."""
    member.sees_heading("Check your registration")
    member.presses(button)
