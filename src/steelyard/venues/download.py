"""This file brings a catalogue up to date: plans, fetches what is lacking, makes the series."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from steelyard.data.build import content_of, merged, tidy
from steelyard.data.manifest import (
    ORIGINALS,
    Manifest,
    Original,
    digest,
    write_manifest,
    write_whole,
)
from steelyard.data.sources import HistorySource, Part, Rows, Span, Wanted, without
from steelyard.domain.errors import DataError, SteelyardError

WORKERS: Final = 4
_MAKE: Final = "1"
"""Changes when the same originals make another series."""

_SAVE_EVERY_MS: Final = 1000


class Progress(Protocol):
    """Who is told how far a download is."""

    def begin(self, files: int, size: int) -> None:
        """Take note of how many files of how many bytes are lacking; 0 bytes: not known."""

    def advance(self, size: int) -> None:
        """Take note of one more file."""


@dataclass(slots=True)
class Outcome:
    """What a download did.

    Parameters
    ----------
    fetched, size : int
        New or changed originals, and their bytes.
    reissued : list of str
        Originals that the source had issued anew with another content.
    built : list of str
        Series that were written.
    refused : dict of str to SteelyardError
        Series that were left as they were, and why.
    """

    fetched: int = 0
    size: int = 0
    reissued: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    refused: dict[str, SteelyardError] = field(default_factory=dict)


@dataclass(slots=True)
class Download:
    """One run over a catalogue.

    Parameters
    ----------
    folder : Path
        The catalogue, held by this process alone.
    manifest : Manifest
        Of the catalogue.
    sources : mapping of str to HistorySource
    now_ms : callable
        The clock that dates the originals.
    progress : Progress
    """

    folder: Path
    manifest: Manifest
    sources: Mapping[str, HistorySource]
    now_ms: Callable[[], int]
    progress: Progress
    outcome: Outcome = field(default_factory=Outcome)
    _saved_ms: int = 0

    async def run(self, wanted: Sequence[Wanted], span: Span) -> Outcome:
        """Fetch what is lacking of some series, and write those that are whole.

        Parameters
        ----------
        wanted : sequence of Wanted
            The series.
        span : Span
            What is asked for; originals that touch it are fetched wholly.

        Raises
        ------
        RequestError
            If the disk does not take what is fetched.
        """
        plans = await asyncio.gather(*(self._planned(one, span) for one in wanted))
        lacking = [part for plan in plans for part in plan if self._lacks(part)]
        if lacking:
            self.progress.begin(len(lacking), sum(part.size for part in lacking))
        queue = iter(lacking)
        try:
            await self._all([self._work(queue) for _ in range(WORKERS)])
            for one, plan in zip(wanted, plans, strict=True):
                if one.series not in self.outcome.refused:
                    self._drop_superseded(one, {part.path for part in plan})
                    self._make(one)
        finally:
            self._save()
        return self.outcome

    async def _all(self, work: Sequence[object]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for one in work:
                    group.create_task(one)  # type: ignore[arg-type]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _planned(self, wanted: Wanted, span: Span) -> list[Part]:
        """Return the parts of a series; its first source first, the next for what that lacks."""
        parts: list[Part] = []
        left: tuple[Span, ...] = (span,)
        try:
            for name in wanted.sources:
                parts += await self.sources[name].parts(wanted, left)
                left = without((span,), [part.span for part in parts])
        except SteelyardError as error:
            self.outcome.refused.setdefault(wanted.series, error)
            return []
        return parts

    def _lacks(self, part: Part) -> bool:
        """Return whether a part must be fetched: not there, cut short, changed or too old."""
        held = self.manifest.files.get(part.path)
        if held is None or held.etag != part.etag or without([part.span], [held.span]):
            return True
        try:
            return (self._original(part.path)).stat().st_size != held.size
        except OSError:
            return True

    def _original(self, path: str) -> Path:
        return self.folder / ORIGINALS / path

    async def _work(self, queue: Iterator[Part]) -> None:
        for part in queue:
            if part.wanted.series in self.outcome.refused:
                continue
            try:
                content = await self.sources[part.source].fetch(part)
                tidy(part.url, self.sources[part.source].read(part, content), part.wanted.kind)
            except SteelyardError as error:
                self.outcome.refused.setdefault(part.wanted.series, error)
                continue
            self._keep(part, content)
            self.progress.advance(len(content))

    def _keep(self, part: Part, content: bytes) -> None:
        held = self.manifest.files.get(part.path)
        sha256 = digest(content)
        write_whole(self._original(part.path), content)
        if held is None or held.sha256 != sha256:
            self.outcome.fetched += 1
            self.outcome.size += len(content)
            if held is not None and part.etag:
                self.outcome.reissued.append(part.path)
        self.manifest.files[part.path] = Original(
            series=part.wanted.series,
            source=part.source,
            url=part.url,
            fetched_ms=self.now_ms(),
            sha256=sha256,
            size=len(content),
            etag=part.etag,
            first_ms=part.span.first_ms,
            end_ms=part.span.end_ms,
        )
        if self.now_ms() - self._saved_ms > _SAVE_EVERY_MS:
            self._save()

    def _save(self) -> None:
        if self.manifest.files or self.manifest.built:
            write_manifest(self.folder, self.manifest)
        self._saved_ms = self.now_ms()

    def _drop_superseded(self, wanted: Wanted, planned: set[str]) -> None:
        """Remove originals whose time another original covers: days by months, answers by files."""
        held = self.manifest.of_series(wanted.series)
        for path, one in held.items():
            if path in planned:
                continue
            others = [
                other.span for name, other in held.items() if name != path and name in planned
            ]
            if not without([one.span], others):
                del self.manifest.files[path]
                self._original(path).unlink(missing_ok=True)

    def _make(self, wanted: Wanted) -> None:
        """Write a series, where its originals are others than those that it was made of."""
        held = self.manifest.of_series(wanted.series)
        made_of = digest(
            "\n".join(
                (_MAKE, str(wanted), *(f"{path} {one.sha256}" for path, one in held.items()))
            ).encode()
        )
        file = self.folder / f"{wanted.series}.parquet"
        if self.manifest.built.get(wanted.series) == made_of and file.exists():
            return
        try:
            rows = merged(list(self._rows(wanted, held)), wanted.kind)
            content = content_of(self.folder, wanted, rows)
        except DataError as error:
            self.outcome.refused[wanted.series] = error
            return
        if content is None:
            return
        write_whole(file, content, lasting=True)
        self.manifest.built[wanted.series] = made_of
        self.outcome.built.append(wanted.series)

    def _rows(self, wanted: Wanted, held: Mapping[str, Original]) -> Iterator[Rows]:
        """Yield the tidy rows of every original, those of the first source first.

        Raises
        ------
        DataError
            If an original is not as it was fetched.
        """
        for path, one in sorted(
            held.items(), key=lambda item: (wanted.sources.index(item[1].source), item[0])
        ):
            file = self._original(path)
            content = file.read_bytes() if file.exists() else b""
            if digest(content) != one.sha256:
                del self.manifest.files[path]
                message = f"{file} is not as it was fetched; run the command again to fetch it anew"
                raise DataError(message)
            part = Part(wanted=wanted, source=one.source, path=path, url=one.url, span=one.span)
            yield tidy(one.url, self.sources[one.source].read(part, content), wanted.kind)
