"""This file is the thin layer over ccxt: what every venue is asked, and how it is believed."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from steelyard.data.columns import MARK, OPEN_INTEREST
from steelyard.data.sources import Span
from steelyard.domain.errors import VenueBusy, VenueRefused
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.venues.client import Client, client_of
from steelyard.venues.instruments import Instrument, Listed, Segment, listed
from steelyard.venues.pager import Ask, Row, Subject, Way, history
from steelyard.venues.profile import Endpoint, Feature, Look, Profile
from steelyard.venues.reading import Misshapen, counted, rows_of, seen_of
from steelyard.venues.trouble import nonsense
from steelyard.venues.units import Contract
from steelyard.venues.web import SKEW_MS, Patience


def index_of(venue: str, coin: str) -> Instrument:
    """Return the index of a coin, which is asked about but not traded."""
    return Instrument(
        venue=venue,
        id=coin,
        segment=Segment.INDEX,
        coin=coin,
        quote="",
        contract=Contract(),
        info={},
    )


def refuse_missing(profile: Profile, feature: Feature, segment: Segment) -> None:
    """Do nothing where a venue has a feature; no venue is asked for what it lacks.

    Raises
    ------
    VenueRefused
        If it does not, with the reason.
    """
    if segment in profile.segments(feature):
        return
    reason = profile.lacks.get(feature) or f"not of {segment.value} instruments"
    message = (
        f"{profile.title} has no {feature.value} of its {segment.value} instruments: {reason}; "
        f"steelyard venues lists who has it"
    )
    raise VenueRefused(message)


class Exchange:
    """One venue, asked without a key.

    Parameters
    ----------
    profile : Profile
        What sets it apart.
    client : Client
        Who asks it.
    """

    def __init__(self, profile: Profile, client: Client) -> None:
        self.profile = profile
        self.now_ms = client.now_ms
        self._client = client
        self._listed: Listed | None = None

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        await self.close()

    async def close(self) -> None:
        """Close what was opened; a session that was passed in is left open."""
        await self._client.close()

    async def markets(self) -> Listed:
        """Return what the venue lists; asked once.

        Raises
        ------
        VenueBusy
            If it cannot be reached, or lists nothing, as some do in maintenance.
        VenueRefused
            If it refuses.
        """
        if self._listed is None:
            markets = await self._client.markets()
            found = listed(self.profile.name, markets, self.profile.measures)
            if not found.instruments:
                message = (
                    f"{self.profile.title} lists nothing that can be read, as some venues do "
                    f"in maintenance; try again later"
                )
                raise VenueBusy(message)
            self._listed = found
        return self._listed

    def forget_markets(self) -> None:
        """Ask for what is listed anew when it is needed next."""
        self._listed = None

    async def instrument(self, coin: str, segment: Segment) -> Instrument:
        """Return the spot pair or the perpetual of a coin.

        Raises
        ------
        RequestError
            If it is not listed.
        VenueRefused
            If the venue has no such segment.
        """
        quote = self.profile.quotes.get(segment)
        if quote is None:
            has = ", ".join(one.value for one in self.profile.quotes)
            message = (
                f"{self.profile.title} is not read for {segment.value} instruments; it has {has}"
            )
            raise VenueRefused(message)
        return (await self.markets()).perpetual(self.profile.name, coin, segment, quote)

    async def history(
        self, feature: Feature, instrument: Instrument, span: Span
    ) -> tuple[Row, ...]:
        """Return rows of the past, complete.

        Parameters
        ----------
        feature : Feature
            Bars, mark price, settled funding, open interest or volatility.
        instrument : Instrument
            Of this venue.
        span : Span
            Of the stamps.

        Raises
        ------
        DataError
            If there are holes.
        VenueBusy
            If the venue is away, behind, or answers nonsense.
        VenueRefused
            If it does not have it, or keeps it for a shorter time.
        """
        refuse_missing(self.profile, feature, instrument.segment)
        endpoint = self.profile.history[feature, instrument.segment]
        self._refuse_forgotten(feature, endpoint, span)
        way = Way(
            paging=endpoint.paging,
            most=endpoint.most,
            step_ms=0 if endpoint.settled else HOUR_MS,
        )
        subject = Subject(venue=self.profile.name, symbol=instrument.id, kind=feature.value)

        async def page(ask: Ask) -> Sequence[Row]:
            return await self.page(feature, instrument, ask)

        return await history(page, span, way, subject, now_ms=self.now_ms() - SKEW_MS)

    async def page(self, feature: Feature, instrument: Instrument, ask: Ask) -> Sequence[Row]:
        """Return one page of the past, as it came: nothing is proven of it.

        Raises
        ------
        VenueBusy
            If the venue is away or answers nonsense.
        VenueRefused
            If it does not have it.
        """
        refuse_missing(self.profile, feature, instrument.segment)
        endpoint = self.profile.history[feature, instrument.segment]
        params = self._params(endpoint, instrument, ask)
        answer = await self._client.raw(endpoint.call, params)
        try:
            return rows_of(feature, endpoint, answer, instrument)
        except Misshapen as error:
            raise VenueBusy(nonsense(self.profile.title, endpoint.call, error)) from None

    def _refuse_forgotten(self, feature: Feature, endpoint: Endpoint, span: Span) -> None:
        """Refuse what a venue has forgotten.

        Raises
        ------
        VenueRefused
            If the beginning lies further back than it keeps such rows.
        """
        first_ms = self.now_ms() - endpoint.keeps_days * DAY_MS
        if endpoint.keeps_days and span.first_ms < first_ms:
            message = (
                f"{self.profile.title} keeps {feature.value} for {endpoint.keeps_days} days, and "
                f"it was asked from {text(span.first_ms)} on; begin with {text(first_ms)[:10]} or "
                f"later, or take it from an archive (steelyard data download)"
            )
            raise VenueRefused(message)

    def _params(self, endpoint: Endpoint, instrument: Instrument, ask: Ask) -> dict[str, object]:
        params: dict[str, object] = self._filled(endpoint.params, instrument)
        first, last = ask.first_ms + endpoint.shift_ms[0], ask.last_ms + endpoint.shift_ms[1]
        if endpoint.first:
            params[endpoint.first] = max(0, first) // endpoint.unit_ms
        if endpoint.last:
            params[endpoint.last] = last // endpoint.unit_ms
        if endpoint.limit:
            params[endpoint.limit] = ask.limit
        if endpoint.number:
            params[endpoint.number] = ask.number
        return params

    def _filled(self, params: Mapping[str, str], instrument: Instrument) -> dict[str, object]:
        now_ms = self.now_ms()
        words = {
            "id": instrument.id,
            "coin": instrument.coin,
            "now": str(now_ms),
            "hour_ago": str(now_ms - HOUR_MS),
            **instrument.info,
            **self.profile.words(instrument),
        }
        return {name: value.format_map(words) for name, value in params.items()}

    async def seen(
        self, features: Sequence[Feature], instrument: Instrument
    ) -> dict[Feature, tuple[int, dict[str, float]]]:
        """Return what the venue says of an instrument now, one call for each endpoint.

        Parameters
        ----------
        features : sequence of Feature
            Those that are wanted, all of which it must have.
        instrument : Instrument
            Of this venue.

        Returns
        -------
        dict of Feature to (stamp, columns)
            The stamp is the venue's, or the time of the answer where it says none.

        Raises
        ------
        VenueBusy
            If the venue is away or answers nonsense.
        VenueRefused
            If it refuses.
        """
        answers: dict[tuple[str, str], object] = {}
        found = {}
        for feature in features:
            refuse_missing(self.profile, feature, instrument.segment)
            ms, seen, measured = 0, dict[str, float](), None
            for look in self.profile.now[feature, instrument.segment]:
                answer = await self._once(look, instrument, answers)
                told_ms, told = self._seen(look, answer, instrument)
                ms, seen = max(ms, told_ms), seen | told
                measured = look if OPEN_INTEREST in told else measured
            if measured is not None:
                seen = {OPEN_INTEREST: self._counted(measured, seen, instrument)}
            found[feature] = (ms or self.now_ms(), seen)
        return found

    async def _once(
        self, look: Look, instrument: Instrument, answers: dict[tuple[str, str], object]
    ) -> object:
        params = self._filled(look.params, instrument)
        key = (look.call, str(sorted(params.items())))
        if key not in answers:
            answers[key] = await self._client.raw(look.call, params)
        return answers[key]

    def _seen(
        self, look: Look, answer: object, instrument: Instrument
    ) -> tuple[int, dict[str, float]]:
        try:
            return seen_of(look, answer, instrument)
        except Misshapen as error:
            raise VenueBusy(nonsense(self.profile.title, look.call, error)) from None

    def _counted(self, look: Look, seen: dict[str, float], instrument: Instrument) -> float:
        mark = seen.get(MARK, math.nan)
        try:
            return counted(instrument, seen[OPEN_INTEREST], look.measure, mark)
        except Misshapen as error:
            raise VenueBusy(nonsense(self.profile.title, look.call, error)) from None


def connected(
    profile: Profile,
    now_ms: Callable[[], int],
    *,
    session: object = None,
    patience: Patience | None = None,
) -> Exchange:
    """Return a venue over the network.

    Parameters
    ----------
    profile : Profile
        What sets it apart.
    now_ms : callable
        The clock.
    session : aiohttp.ClientSession, optional
        Who passes one in closes it; else one is opened and closed here.
    patience : Patience
        How often it is asked again.

    Raises
    ------
    RequestError
        If ccxt is not installed.
    """
    client = Client(profile, client_of(profile, session), now_ms, patience)
    return Exchange(profile, client)
