"""Journals that the hub makes of several: which it made, and which journals of the source count through them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Text
from sqlmodel import Field, SQLModel


class JournalSummary(SQLModel, table=True):
    """A journal that the hub made of several; its document is a snapshot like any other, of the feed ``summaries``."""

    __tablename__ = "journal_summary"
    __table_args__ = (ForeignKeyConstraint(["flow_id"], ["flow.id"], ondelete="CASCADE"),)
    flow_id: int = Field(sa_column=Column(Integer, primary_key=True))
    external_id: str = Field(primary_key=True)
    corrects: str = ""
    """The summary whose period was closed when it turned out to be another; empty: it is none that corrects."""
    written: str = Field(default="", sa_column=Column(Text, nullable=False))
    """The document with the source's codes as it was last posted; empty: it is not in the ledger."""


class SummaryMember(SQLModel, table=True):
    """A journal of the source that is posted within a summary and never by itself."""

    __tablename__ = "summary_member"
    __table_args__ = (
        ForeignKeyConstraint(["flow_id"], ["flow.id"], ondelete="CASCADE"),
        Index("summary_member_summary", "flow_id", "summary_id", "posted"),
    )
    flow_id: int = Field(sa_column=Column(Integer, primary_key=True))
    external_id: str = Field(primary_key=True)
    summary_id: str
    posted: bool = False
    """Whether the ledger has the summary, or the correction of it, that this one is in."""
