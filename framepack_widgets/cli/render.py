"""`framepack-widgets render`: one render, from settings on the command line to a clip on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import framepack_widgets as fp
from framepack_widgets.cli import values
from framepack_widgets.cli.exits import ExitCode
from framepack_widgets.cli.follow import LeftRunning, duration, follow, settle
from framepack_widgets.cli.options import Output, Reach, Shelf
from framepack_widgets.cli.records import clip_line, job_data
from framepack_widgets.cli.talk import Talk
from framepack_widgets.job import JobState

if TYPE_CHECKING:
    from framepack_widgets.clip import Clip
    from framepack_widgets.live_job import Job
    from framepack_widgets.session import Studio
    from framepack_widgets.settings import Settings

_HAND_OVER_S = 30.0  # a submission takes under a second; a Studio under load may need longer

Text = Annotated[str | None, typer.Option()]


def render(
    *,
    start: Annotated[Path | None, typer.Option(help="Start frame, an image file.")] = None,
    end: Annotated[Path | None, typer.Option(help='End frame; "with Endframe" models.')] = None,
    video: Annotated[Path | None, typer.Option(help="Source video; Video models.")] = None,
    prompt: Annotated[str | None, typer.Option(help="What happens.")] = None,
    negative_prompt: Text = None,
    model: Annotated[str | None, typer.Option(help="As the Studio calls it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: drawn, and kept.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length asked for.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps in every section.")] = None,
    lora: Annotated[
        list[str] | None, typer.Option(metavar="NAME=WEIGHT", help="May be repeated.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other field of the server; `connect` lists them. May be repeated.",
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="A clip or JSON file to take settings from; options win over it."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Copy the clip to this file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="--out may exist.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and plan; nothing is sent.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Hand it over and go.")] = False,
    reach: Reach,
    shelf: Shelf,
    output: Output,
) -> None:
    """Render a clip and wait for it."""
    talk = output.talk()
    _refuse_early(out, overwrite, no_wait, reach.studio)
    given = {
        "start_frame": start, "end_frame": end, "video": video, "prompt": prompt,
        "negative_prompt": negative_prompt, "model": model, "seed": seed, "seconds": seconds,
        "steps": steps, "loras": values.loras(lora),
    }  # fmt: skip
    base = values.settings_from(settings) if settings is not None else fp.Settings()
    with reach.connect(shelf.library) as studio:
        wanted = _merged(base, values.pairs(set_, "--set"), given, studio)
        if dry_run:
            raise typer.Exit(_plan(studio, wanted, talk))
        for warning in studio.check(wanted).warnings:
            talk.say(f"warning: {warning}", style="yellow")
        job = studio.submit(wanted)
        talk.say(f"job {job.id}, seed {job.settings.seed}, on {studio.url}")
        if no_wait:
            others = studio.jobs(state=[state for state in JobState if not state.is_finished])
            _hand_over(job, talk, is_behind=any(other.id != job.id for other in others))
        else:
            _wait(job, talk, out, overwrite)


def _refuse_early(out: Path | None, overwrite: bool, no_wait: bool, studio: str | None) -> None:
    """What would only go wrong after the render."""
    if out is not None and not out.is_dir():
        target = out if out.suffix.lower() == ".mp4" else out.with_name(out.name + ".mp4")
        if target.exists() and not overwrite:
            raise typer.BadParameter(f"{target} exists; add --overwrite", param_hint="--out")
        if not target.absolute().parent.is_dir():
            raise typer.BadParameter(f"no folder {target.absolute().parent}", param_hint="--out")
    if out is not None and no_wait:
        raise typer.BadParameter("there is no clip to copy without waiting", param_hint="--out")
    if no_wait and studio == "demo":
        raise typer.BadParameter(
            "the built-in Studio would end with this program. Start `framepack-widgets demo` in "
            "another terminal, and leave --studio out here",
            param_hint="--no-wait",
        )


def _merged(
    base: Settings, texts: dict[str, str], given: dict[str, Any], studio: Studio
) -> Settings:
    """Options win over --set, which wins over the file."""
    chosen = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in given.items()
        if value is not None
    }
    return base.replace(**{**values.typed(texts, studio.schema), **chosen})


def _plan(studio: Studio, wanted: Settings, talk: Talk) -> ExitCode:
    """Say what a render would be, and all that is wrong or doubtful about it."""
    report = studio.check(wanted)
    data: dict[str, Any] = {
        "problems": [_problem(item) for item in report.problems],
        "warnings": [_problem(item) for item in report.warnings],
    }
    lines = [f"warning: {item}" for item in report.warnings]
    if report.ok:
        plan = studio.plan(wanted)
        low_high = plan.estimate
        data |= {
            "frames": plan.frames, "seconds": plan.seconds, "sections": plan.sections,
            "width": plan.width, "height": plan.height,
            "estimate_s": list(low_high) if low_high else None,
        }  # fmt: skip
        size = f", {plan.width} x {plan.height}" if plan.width else ""
        lines.append(f"{plan.frames} frames, {plan.seconds:.2f} s, {plan.sections} sections{size}")
        if low_high:
            lines.append(f"about {duration(low_high[0])} to {duration(low_high[1])} to render")
        else:
            lines.append("no estimate yet: it comes from earlier renders on this Studio")
    lines += [f"problem: {item}" for item in report.problems]
    talk.result(data, "\n".join([*lines, "nothing was sent"]))
    return ExitCode.OK if report.ok else ExitCode.SETTINGS


def _problem(item: Any) -> dict[str, Any]:
    return {"field": item.field, "message": item.message, "hint": item.hint}


def _wait(job: Job, talk: Talk, out: Path | None, overwrite: bool) -> None:
    try:
        clip = follow(job, talk)
    except LeftRunning:
        settle(job, JobState.SENDING)
        talk.say(_way_back(job))
        talk.data(job_data(job))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    for note in job.notes:
        talk.say(f"note: {note}", style="yellow")
    path = clip.save(out, overwrite=overwrite) if out is not None else clip.path
    talk.result({**job_data(job), "file": str(path)}, _done(clip, Path(path)))


def _done(clip: Clip, path: Path) -> str:
    return f"{path}\n{clip_line(clip)}"


def _hand_over(job: Job, talk: Talk, *, is_behind: bool) -> None:
    """Wait until the Studio has the job, unless others of ours are ahead: then it waits here."""
    moving = (JobState.SENDING,) if is_behind else (JobState.WAITING, JobState.SENDING)
    settle(job, *moving, patience_s=_HAND_OVER_S)
    talk.say(_way_back(job))
    talk.result(job_data(job), f"{job.id} {job.state}")


def _way_back(job: Job) -> str:
    """Where a job that was left is found again."""
    if job.state.is_finished:
        return f"job {job.id} is {job.state}: framepack-widgets library show {job.id}"
    if job.state is JobState.WAITING:
        return (
            f"job {job.id} waits in the Library and was not sent yet. `framepack-widgets run`, or "
            "the next program that connects, sends it."
        )
    return (
        f"job {job.id} goes on at the Studio. `framepack-widgets run`, or the next program that "
        f"connects, fetches its clip; then: framepack-widgets library show {job.id}"
    )
