"""One small program a language, with the definitions that a chunker must find in it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SAMPLES", "Expected", "Sample"]


class Expected(NamedTuple):
    """What a definition's fragment says of itself."""

    symbol: str
    kind: str
    signature: str
    docstring: str = ""


class Sample(NamedTuple):
    """A program and its definitions."""

    source: str
    expected: tuple[Expected, ...]


_PYTHON = Sample(
    '''"""Reads things."""

from __future__ import annotations

import os

LIMIT = 10


@cache
def read_all(path: str, *, limit: int = LIMIT) -> list[str]:
    """Return every line of `path`."""
    with open(path, encoding="utf-8") as lines:
        return [line for line in lines][:limit]


class Parser(Base):
    """Turns text into trees."""

    depth = 0

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.stack: list[int] = []

    # Works from left to right.
    async def parse(self) -> Tree:
        result = Tree(self.text)
        while self.position < len(self.text):
            result.add(self.step())
        return result
''',
    (
        Expected(
            "read_all",
            "function",
            "def read_all(path: str, *, limit: int = LIMIT) -> list[str]:",
            "Return every line of `path`.",
        ),
        Expected("Parser", "class", "class Parser(Base):", "Turns text into trees."),
        Expected("Parser.__init__", "method", "def __init__(self, text: str) -> None:"),
        Expected("Parser.parse", "method", "async def parse(self) -> Tree:", "Works from left to right."),
    ),
)

_JAVASCRIPT = Sample(
    """import fs from "fs";

/**
 * Adds two numbers.
 * @param {number} a
 */
export function add(a, b) {
  return a + b;
}

// Doubles a number and says so.
export const double = (x) => {
  console.log("doubling", x);
  return x * 2;
};

export default class Store extends Base {
  #rows = [];

  /** Keeps a row. */
  put(row) {
    this.#rows.push(row);
    this.emit("put", row);
    return this.#rows.length;
  }

  static async open(path) {
    const text = await fs.promises.readFile(path, "utf8");
    return new Store(JSON.parse(text));
  }

  onClick = (event) => {
    event.preventDefault();
    this.put(event.target.value);
  };
}

function Card({ title }) {
  return <div className="card">{title}</div>;
}
""",
    (
        Expected("add", "function", "export function add(a, b)", "Adds two numbers.\n@param {number} a"),
        Expected("double", "function", "export const double = (x) =>", "Doubles a number and says so."),
        Expected("Store", "class", "export default class Store extends Base"),
        Expected("Store.put", "method", "put(row)", "Keeps a row."),
        Expected("Store.open", "method", "static async open(path)"),
        Expected("Store.onClick", "method", "onClick = (event) =>"),
        Expected("Card", "function", "function Card({ title })"),
    ),
)

_TYPESCRIPT = Sample(
    """import { Row } from "./row";

/** A point in the plane. */
export interface Point {
  x: number;
  y: number;
}

export type Shape = Circle | Square;

enum Colour {
  Red,
  Green,
}

export namespace Geometry {
  /** Measures from the origin. */
  export function length(p: Point): number {
    return Math.hypot(p.x, p.y);
  }
}

@Injectable()
export abstract class Repository<T> implements Closeable {
  constructor(private readonly rows: T[]) {
    super();
  }

  // The row with this number.
  public get(index: number): T | undefined {
    if (index < 0 || index >= this.rows.length) {
      return undefined;
    }
    return this.rows[index];
  }

  abstract close(): Promise<void>;
}
""",
    (
        Expected("Point", "type", "export interface Point", "A point in the plane."),
        Expected("Shape", "type", "export type Shape = Circle | Square;"),
        Expected("Colour", "type", "enum Colour"),
        Expected(
            "Geometry.length", "function", "export function length(p: Point): number", "Measures from the origin."
        ),
        Expected("Repository", "class", "export abstract class Repository<T> implements Closeable"),
        Expected("Repository.constructor", "method", "constructor(private readonly rows: T[])"),
        Expected("Repository.get", "method", "public get(index: number): T | undefined", "The row with this number."),
    ),
)

_TSX = Sample(
    """type Props = { title: string };

/** Shows a title. */
export const Title: React.FC<Props> = ({ title }) => {
  const [open, setOpen] = useState(false);
  return <h1 onClick={() => setOpen(!open)}>{title}</h1>;
};

export function Page(): JSX.Element {
  return (
    <main>
      <Title title="Cairn" />
    </main>
  );
}
""",
    (
        Expected("Props", "type", "type Props = { title: string };"),
        Expected("Title", "function", "export const Title: React.FC<Props> = ({ title }) =>", "Shows a title."),
        Expected("Page", "function", "export function Page(): JSX.Element"),
    ),
)

_RUST = Sample(
    """use std::fmt;

/// A stack of numbers.
#[derive(Debug, Clone)]
pub struct Stack<T> {
    rows: Vec<T>,
}

pub trait Close {
    fn close(&mut self) -> Result<(), Error>;
}

impl<T: Clone> Stack<T> {
    /// Puts a number on top.
    #[inline]
    pub fn push(&mut self, row: T) -> usize {
        self.rows.push(row);
        self.rows.len()
    }

    pub fn pop(&mut self) -> Option<T> {
        let row = self.rows.pop();
        row
    }
}

impl<T> fmt::Display for Stack<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.rows.len())
    }
}

mod inner {
    //! Not for everyone.
    pub(crate) async fn load(path: &str) -> String {
        tokio::fs::read_to_string(path).await.unwrap_or_default()
    }
}

macro_rules! square {
    ($x:expr) => {
        $x * $x
    };
}
""",
    (
        Expected("Stack", "type", "pub struct Stack<T>", "A stack of numbers."),
        Expected("Close", "class", "pub trait Close"),
        Expected("Stack.push", "method", "pub fn push(&mut self, row: T) -> usize", "Puts a number on top."),
        Expected("Stack.pop", "method", "pub fn pop(&mut self) -> Option<T>"),
        Expected("Stack.fmt", "method", "fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result"),
        Expected("inner.load", "function", "pub(crate) async fn load(path: &str) -> String", "Not for everyone."),
        Expected("square", "function", "macro_rules! square"),
    ),
)

_GO = Sample(
    """package store

import "fmt"

// Row is one line.
type Row struct {
	Key   string
	Value int
}

const Limit = 10

// Open reads the store at path.
func Open(path string) (*Store, error) {
	return nil, fmt.Errorf("no store at %s", path)
}

// Put keeps a row.
func (s *Store[K]) Put(row Row) int {
	s.rows = append(s.rows, row)
	return len(s.rows)
}
""",
    (
        Expected("Row", "type", "type Row struct", "Row is one line."),
        Expected("Open", "function", "func Open(path string) (*Store, error)", "Open reads the store at path."),
        Expected("Store.Put", "method", "func (s *Store[K]) Put(row Row) int", "Put keeps a row."),
    ),
)

_C = Sample(
    """#ifndef STACK_H
#define STACK_H

#include <stddef.h>

/* A stack of numbers. */
struct stack {
    size_t size;
    int *rows;
};

typedef struct {
    double x, y;
} point_t;

enum colour { RED, GREEN };

/* Puts a number on top. */
static inline int *stack_push(struct stack *s, int row)
{
    s->rows[s->size++] = row;
    return &s->rows[s->size - 1];
}

// The number of rows.
size_t stack_size(const struct stack *s);

#endif
""",
    (
        Expected("stack", "type", "struct stack", "A stack of numbers."),
        Expected("point_t", "type", "typedef struct"),
        Expected("colour", "type", "enum colour"),
        Expected(
            "stack_push",
            "function",
            "static inline int *stack_push(struct stack *s, int row)",
            "Puts a number on top.",
        ),
        Expected("stack_size", "function", "size_t stack_size(const struct stack *s);", "The number of rows."),
    ),
)

_CPP = Sample(
    """#include <vector>

namespace cairn::core {

/// Keeps rows.
template <typename T>
class Store : public Base {
public:
    explicit Store(std::size_t limit) : limit_(limit) {}

    /// Puts one row.
    int put(T row) {
        rows_.push_back(std::move(row));
        return static_cast<int>(rows_.size());
    }

    ~Store() override = default;

private:
    std::vector<T> rows_;
    std::size_t limit_;
};

// Closes the file.
void File::close(int flags) {
    ::close(handle_);
    handle_ = flags;
}

bool operator==(const Row& a, const Row& b) {
    return a.key == b.key;
}

}  // namespace cairn::core

extern "C" {
int cairn_open(const char* path) {
    return path != nullptr;
}
}
""",
    (
        Expected("cairn.core.Store", "class", "template <typename T> class Store : public Base", "Keeps rows."),
        Expected("cairn.core.Store.put", "method", "int put(T row)", "Puts one row."),
        Expected("cairn.core.File.close", "method", "void File::close(int flags)", "Closes the file."),
        Expected("cairn.core.operator==", "function", "bool operator==(const Row& a, const Row& b)"),
        Expected("cairn_open", "function", "int cairn_open(const char* path)"),
    ),
)

_JAVA = Sample(
    """package org.example;

import java.util.List;

/**
 * Keeps rows.
 */
@Service
public final class Store<T> extends Base implements Closeable {
    private final List<T> rows;

    public Store(List<T> rows) {
        this.rows = rows;
        this.size = rows.size();
    }

    /** Puts one row. */
    @Override
    public int put(T row) throws IOException {
        rows.add(row);
        return rows.size();
    }

    enum Mode { READ, WRITE }
}

interface Closeable {
    void close();
}

record Point(int x, int y) {}
""",
    (
        Expected(
            "Store",
            "class",
            "public final class Store<T> extends Base implements Closeable",
            "Keeps rows.",
        ),
        Expected("Store.Store", "method", "public Store(List<T> rows)"),
        Expected("Store.put", "method", "public int put(T row) throws IOException", "Puts one row."),
        Expected("Store.Mode", "class", "enum Mode"),
        Expected("Closeable", "class", "interface Closeable"),
        Expected("Point", "class", "record Point(int x, int y)"),
    ),
)

_CSHARP = Sample(
    """using System;

namespace Cairn.Core;

/// <summary>Keeps rows.</summary>
[Serializable]
public class Store<T> : IDisposable
{
    private readonly List<T> rows = new();

    public int Count { get { return rows.Count; } }

    public Store(int limit)
    {
        this.limit = limit;
        Console.WriteLine(limit);
    }

    /// <summary>Puts one row.</summary>
    public async Task<int> PutAsync(T row)
    {
        rows.Add(row);
        await FlushAsync();
        return rows.Count;
    }
}

public enum Mode { Read, Write }

public record Point(int X, int Y);
""",
    (
        Expected(
            "Cairn.Core.Store",
            "class",
            "public class Store<T> : IDisposable",
            "Keeps rows.",
        ),
        Expected("Cairn.Core.Store.Store", "method", "public Store(int limit)"),
        Expected(
            "Cairn.Core.Store.PutAsync",
            "method",
            "public async Task<int> PutAsync(T row)",
            "Puts one row.",
        ),
        Expected("Cairn.Core.Mode", "type", "public enum Mode"),
        Expected("Cairn.Core.Point", "class", "public record Point(int X, int Y);"),
    ),
)

_RUBY = Sample(
    """require "json"

# Everything of the cairn.
module Cairn
  # Keeps rows.
  class Store < Base
    attr_reader :rows

    def initialize(rows = [])
      @rows = rows
      @open = true
    end

    # Puts one row.
    def put(row)
      @rows << row
      notify(:put, row)
    end

    def self.open(path)
      new(JSON.parse(File.read(path)))
    end

    def empty? = @rows.empty?
  end
end

def main(argv)
  Cairn::Store.open(argv.first)
end
""",
    (
        Expected("Cairn.Store", "class", "class Store < Base", "Keeps rows."),
        Expected("Cairn.Store.initialize", "method", "def initialize(rows = [])"),
        Expected("Cairn.Store.put", "method", "def put(row)", "Puts one row."),
        Expected("Cairn.Store.open", "method", "def self.open(path)"),
        Expected("main", "function", "def main(argv)"),
    ),
)

_PHP = Sample(
    """<?php

namespace App\\Store;

use App\\Base;

/**
 * Keeps rows.
 */
#[Entity]
final class Store extends Base
{
    private array $rows = [];

    public function __construct(private int $limit)
    {
        $this->rows = [];
        parent::__construct();
    }

    /** Puts one row. */
    public function put(array $row): int
    {
        $this->rows[] = $row;
        return count($this->rows);
    }
}

trait Closes
{
    public function close(): void {}
}

// Adds two numbers.
function add(int $a, int $b): int
{
    return $a + $b;
}
""",
    (
        Expected("App.Store.Store", "class", "final class Store extends Base", "Keeps rows."),
        Expected("App.Store.Store.__construct", "method", "public function __construct(private int $limit)"),
        Expected("App.Store.Store.put", "method", "public function put(array $row): int", "Puts one row."),
        Expected("App.Store.Closes", "class", "trait Closes"),
        Expected("App.Store.add", "function", "function add(int $a, int $b): int", "Adds two numbers."),
    ),
)

_BASH = Sample(
    """#!/usr/bin/env bash
set -euo pipefail

readonly ROOT=/srv

# Says what went wrong and ends.
die() {
  printf '%s\\n' "$*" >&2
  exit 1
}

function build {
  make -C "$ROOT" all
}

build || die "no build"
""",
    (
        Expected("die", "function", "die()", "Says what went wrong and ends."),
        Expected("build", "function", "function build"),
    ),
)

_SQL = Sample(
    """-- Everything that is kept.
CREATE TABLE store.items (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE INDEX items_by_name ON store.items (name);

CREATE VIEW big_items AS
SELECT id, name FROM store.items WHERE id > 100;

-- The newest item.
CREATE FUNCTION newest() RETURNS INTEGER AS $$
    SELECT max(id) FROM store.items;
$$ LANGUAGE sql;

SELECT count(*) FROM big_items;
""",
    (
        Expected(
            "store.items",
            "type",
            "CREATE TABLE store.items ( id INTEGER PRIMARY KEY, name TEXT NOT NULL )",
            "Everything that is kept.",
        ),
        Expected("big_items", "type", "CREATE VIEW big_items AS"),
        Expected("newest", "function", "CREATE FUNCTION newest() RETURNS INTEGER AS $$", "The newest item."),
    ),
)

_HTML = Sample(
    """<!DOCTYPE html>
<html>
<head>
  <title>Cairn</title>
  <style>
    h1 { color: red; }
  </style>
</head>
<body>
  <header id="top"><h1>Cairn</h1></header>
  <!-- What it is for. -->
  <section id="about" class="wide">
    <h2>About</h2>
    <p>It remembers what you work with.</p>
  </section>
  <main>
    <p>More to read here than anywhere else.</p>
  </main>
</body>
</html>
""",
    (
        Expected("header#top", "", '<header id="top">'),
        Expected("section#about", "", '<section id="about" class="wide">', "What it is for."),
        Expected("main", "", "<main>"),
    ),
)

_CSS = Sample(
    """@import url("base.css");

:root {
  --wide: 80rem;
}

/* The card. */
.card, .card > h2 {
  color: #333;
  margin: 0 auto;
}

@media (max-width: 600px) {
  .card {
    margin: 0;
  }
  .wide { display: none; }
}

@keyframes spin {
  from { transform: rotate(0); }
  to { transform: rotate(360deg); }
}
""",
    (
        Expected(".card, .card > h2", "", ".card, .card > h2", "The card."),
        Expected("@media (max-width: 600px)", "", "@media (max-width: 600px)"),
        Expected("@keyframes spin", "", "@keyframes spin"),
    ),
)

SAMPLES: dict[str, Sample] = {
    "bash": _BASH,
    "c": _C,
    "cpp": _CPP,
    "csharp": _CSHARP,
    "css": _CSS,
    "go": _GO,
    "html": _HTML,
    "java": _JAVA,
    "javascript": _JAVASCRIPT,
    "php": _PHP,
    "python": _PYTHON,
    "ruby": _RUBY,
    "rust": _RUST,
    "sql": _SQL,
    "tsx": _TSX,
    "typescript": _TYPESCRIPT,
}
