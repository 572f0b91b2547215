"""When runs happen: schedules, the one scheduler among all processes, and the workers that run what is wanted.

Nothing here starts by itself: ``hub serve`` and ``hub schedule`` start a :class:`Scheduler`, ``hub serve`` and
``hub work`` start :class:`Workers`; building the web application starts neither.
"""

from hub.hookspecs import Job
from hub.scheduler.clockwork import Scheduler
from hub.scheduler.expressions import check_expression, next_runs
from hub.scheduler.leadership import Leadership, has_scheduler, is_scheduler_alive, leadership
from hub.scheduler.schedules import (
    Timing,
    add_schedule,
    change_schedule,
    delete_schedule,
    pause,
    resume,
    run_now,
    usual_schedule,
)
from hub.scheduler.sentences import describe
from hub.scheduler.workers import Workers

__all__ = [
    "Job",
    "Leadership",
    "Scheduler",
    "Timing",
    "Workers",
    "add_schedule",
    "change_schedule",
    "check_expression",
    "delete_schedule",
    "describe",
    "has_scheduler",
    "is_scheduler_alive",
    "leadership",
    "next_runs",
    "pause",
    "resume",
    "run_now",
    "usual_schedule",
]
