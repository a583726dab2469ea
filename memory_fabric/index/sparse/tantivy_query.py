"""From terms and filters to Tantivy's query objects; nothing is ever parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tantivy
from tantivy import FieldType, Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from memory_fabric.index.sparse.analyze import QueryTerms, storable
from memory_fabric.index.sparse.base import MAX_TERMS, NAME_WEIGHT
from memory_fabric.records import Filters

__all__ = ["EVERY", "RAW_FIELDS", "filtered_query", "id_query", "native_stem", "schema", "terms_query"]

RAW_FIELDS = ("project", "modality", "language", "layer")
"""Fields that are compared as they are."""

EVERY = "1"
"""What every document has in the field `every`: tells how many documents there are, deleted ones included."""


def schema() -> Any:
    """Return the fields: one of words, one of names, and what filters look at; no text is stored."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name="terms", index_option="freq")
    builder.add_text_field("names", tokenizer_name="terms", index_option="freq")
    for name in (*RAW_FIELDS, "under", "every"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_float_field("time", fast=True)
    return builder.build()


def native_stem() -> Any:
    """Return a function from a word to its stem; each stemmer leaves the other's script alone."""
    stemmer = (
        TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("english")).filter(Filter.stemmer("russian")).build()
    )
    return lambda word: stemmer.analyze(word)[0]


def terms_query(fields: Any, searcher: Any, terms: QueryTerms) -> Any:
    """Return a flat disjunction of the terms that occur, or None when none does.

    Flat, because Tantivy skips blocks of documents that cannot win only in a disjunction of plain terms.
    """
    counts = {term: (searcher.doc_freq("body", term), searcher.doc_freq("names", term)) for term in terms.names}
    rarest = sorted((term for term in counts if any(counts[term])), key=lambda term: max(counts[term]))[:MAX_TERMS]
    parts = []
    for term in rarest:
        in_body, in_names = counts[term]
        if in_body and term in terms.body:
            parts.append(_weighted(fields, "body", term, terms.body[term]))
        if in_names:
            parts.append(_weighted(fields, "names", term, terms.names[term] * NAME_WEIGHT))
    return Query.boolean_query([(Occur.Should, part) for part in parts]) if parts else None


def _weighted(fields: Any, field: str, term: str, weight: float) -> Any:
    query = Query.term_query(fields, field, term, "freq")
    return query if weight == 1.0 else Query.boost_query(query, weight)


def id_query(fields: Any, wanted: Any, ids: Sequence[int]) -> Any:
    """Return `wanted` among the documents of `ids` only, with the same scores."""
    # measured: a disjunction of 200 ids takes a third of the time of the engine's own set query
    one_of = Query.boolean_query([(Occur.Should, Query.term_query(fields, "id", doc_id, "basic")) for doc_id in ids])
    return Query.boolean_query([(Occur.Must, Query.const_score_query(one_of, 0.0)), (Occur.Must, wanted)])


def filtered_query(fields: Any, searcher: Any, wanted: Any, filters: Filters) -> Any:
    """Return `wanted` among the documents that pass `filters`, with the same scores."""
    conditions = [
        _one_of(fields, field, values)
        for field, values in (
            ("project", filters.projects),
            ("modality", filters.modalities),
            ("language", filters.languages),
            ("layer", filters.layers),
            ("under", (filters.path_prefix.rstrip("/") or "/",) if filters.path_prefix else ()),
        )
        if values and not _passes_all(searcher, field, values)
    ]
    if filters.since_s is not None or filters.until_s is not None:
        bounds = (filters.since_s, filters.until_s)
        is_before = filters.until_s is not None
        conditions.append(Query.range_query(fields, "time", FieldType.Float, *bounds, include_upper=not is_before))
    if not conditions:
        return wanted
    parts = [(Occur.Must, Query.const_score_query(condition, 0.0)) for condition in conditions]
    return Query.boolean_query([(Occur.Must, wanted), *parts])


def _passes_all(searcher: Any, field: str, values: Sequence[str]) -> bool:
    """Whether every document passes: without a condition the engine may skip what cannot win, five times as fast."""
    found = sum(searcher.doc_freq(field, storable(value)) for value in set(values))
    return bool(found == searcher.doc_freq("every", EVERY))


def _one_of(fields: Any, field: str, values: Sequence[str]) -> Any:
    terms = [Query.term_query(fields, field, storable(value), "basic") for value in values]
    return terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, term) for term in terms])
