"""The JSON API for sign-ups, with the same limits as the form. Described at /api/openapi.json."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from newsletter.domain.consent import SignUpChoices
from newsletter.domain.subscriber import Frequency
from newsletter.errors import printable
from newsletter.subscriptions import parse_name
from newsletter.web.public.fields import RequestingClient, known_topics, parse_typed_address
from newsletter.web.public.local_pages import VisitorPages
from newsletter.web.public.mail_request_writer import MailRequestWriter
from newsletter.web.public.pages import Site

_LONGEST_SHOWN = 60  # characters of an unknown name


def _name(text: str) -> str:
    parse_name(text)
    return text


def _without_nul(text: str) -> str:
    """Return a text without NUL: PostgreSQL refuses it, and with it the whole batch of writes."""
    return text.replace("\0", "")


class SignUp(BaseModel):
    """A sign-up. The owner of the address gets a confirmation link, and becomes a reader once they confirm."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"address": "ada@example.com"}]})

    address: Annotated[
        str,
        Field(
            min_length=3,
            max_length=254,
            description="The address to subscribe.",
            json_schema_extra={"format": "email"},
        ),
        AfterValidator(parse_typed_address),
    ]
    name: Annotated[str, Field(max_length=80, description="The reader's name."), AfterValidator(_name)] = ""
    topics: Annotated[list[str], Field(max_length=500, description="Slugs of topics to follow.")] = []
    frequency: Frequency = Frequency.EACH
    language: Annotated[
        str, Field(max_length=35, description="One of the newsletter's languages; by default as on its pages.")
    ] = ""
    wording: Annotated[
        str,
        Field(
            max_length=2000,
            description="The text that the reader agreed to, for the record; by default the newsletter's own.",
        ),
        AfterValidator(_without_nul),
    ] = ""


class Accepted(BaseModel):
    """The response, which is the same for every address."""

    accepted: bool = Field(description="A confirmation link is mailed to the address, unless it has had too many.")


class TopicItem(BaseModel):
    """A topic that readers can follow."""

    slug: str
    name: str
    parent: str | None


class Fault(BaseModel):
    """An error."""

    error: str = Field(description="The status in words.")
    details: list[str] = Field(description="What is wrong with the request, for programmers, in English.")
    messages: dict[str, str] = Field(
        description="What to tell the reader, in their language: by field, or by an empty name about all of it."
    )


class SignUpApi:
    """The routes of the API, one method each."""

    def __init__(self, site: Site, requests: MailRequestWriter) -> None:
        self._site, self._requests = site, requests

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(prefix="/api")
        faults: dict[int | str, dict[str, object]] = {status: {"model": Fault} for status in (400, 413, 422, 429, 503)}
        router.add_api_route("/sign-ups", self.sign_up, methods=["POST"], status_code=202, responses=faults)
        router.add_api_route("/topics", self.topics, methods=["GET"])
        return router

    async def sign_up(self, wanted: SignUp, client: RequestingClient, pages: VisitorPages) -> Accepted:
        """Mail a confirmation link to the address, once a day and three times a week at most."""
        declared = self._site.newsletter.topics
        slugs = known_topics(wanted.topics, declared)
        if unknown := [name for name in wanted.topics if not declared.resolve(name).declared]:
            raise HTTPException(422, f'topics: there is no "{printable(unknown[0], _LONGEST_SHOWN)}"')
        if wanted.frequency is Frequency.WEEKLY and not self._site.newsletter.weekly_digest:
            raise HTTPException(422, "frequency: this newsletter has no weekly digest")
        if wanted.language and wanted.language not in self._site.newsletter.languages:
            known = ", ".join(self._site.newsletter.languages)
            raise HTTPException(
                422, f'language: there is no "{printable(wanted.language, _LONGEST_SHOWN)}"; there are: {known}'
            )
        if wanted.language:
            pages = self._site.pages.in_language(wanted.language)
        first_name, last_name = parse_name(wanted.name)
        await self._requests.sign_up(
            wanted.address,
            SignUpChoices(
                first_name=first_name,
                last_name=last_name,
                topics=slugs,
                frequency=wanted.frequency,
                language=pages.language,
            ),
            client,
            how="api",
            wording=wanted.wording or pages.wording,
        )
        return Accepted(accepted=True)

    def topics(self) -> list[TopicItem]:
        """Return the topics that readers can follow."""
        return [TopicItem(slug=item.slug, name=item.name, parent=item.parent) for item in self._site.newsletter.topics]
