import type { Document, ScalarTag, Tags } from "yaml"
import { onFirstUse } from "../../platform/on-first-use.ts"
import { numberFromText } from "./exact-number.ts"
import { type ParsedJson, parseJson } from "./parse.ts"
import { JsonSyntaxError } from "./syntax-error.ts"

const yaml = onFirstUse<typeof import("yaml")>("yaml")

/** Aliases may not make a document grow without bound. */
const ALIAS_COUNT_MAX = 100

/** Types of YAML 1.1 that Kubernetes' parser leaves as text. */
const NOT_READ = new Set(["timestamp", "intTime", "floatTime", "binary", "omap", "pairs", "set"])
const NOT_READ_TAGS = new Set([
  "tag:yaml.org,2002:timestamp",
  "tag:yaml.org,2002:binary",
  "tag:yaml.org,2002:omap",
  "tag:yaml.org,2002:pairs",
  "tag:yaml.org,2002:set",
])

const modernOctal: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  format: "OCT",
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => Number(text.replace(/[_+]/g, "").replace(/^-/, "")) * (text.startsWith("-") ? -1 : 1),
}

/** The library would read these as numbers, which Kubernetes' parser does not: the `.` of `managedFields` is one. */
const pointAlone: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  test: /^[-+]?\._*$/,
  resolve: (text) => text,
}

function customTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === "string") return !NOT_READ.has(tag)
    return !NOT_READ_TAGS.has(tag.tag) && (tag as ScalarTag).format !== "TIME"
  })
  return [modernOctal, pointAlone, ...kept]
}

/**
 * Parses the documents of a YAML stream (YAML 1.1, as Kubernetes reads it: `yes` and `on` are booleans, dates are
 * text, keys become text). Empty documents are left out. Throws `JsonSyntaxError`.
 */
export function parseYamlDocuments(text: string): readonly ParsedJson[] {
  const documents = yaml().parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    // Repeated keys are collected rather than thrown, so that they can be warned about.
    uniqueKeys: false,
    intAsBigInt: true,
    stringKeys: false,
    prettyErrors: true,
    logLevel: "silent",
    customTags,
  })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const parsed = fromDocument(document, text)
    return parsed.value === null ? [] : [parsed]
  })
}

/** The only, or the first, document. An empty stream is null. */
export function parseYaml(text: string): ParsedJson {
  return asJson(text) ?? parseYamlDocuments(text)[0] ?? { value: null, duplicates: [] }
}

/** JSON is YAML: clients send it as such when they apply. Its own parser is many times as fast. */
function asJson(text: string): ParsedJson | undefined {
  if (!text.startsWith("{")) return undefined
  try {
    const parsed = parseJson(text)
    return parsed.duplicates.length === 0 ? parsed : undefined
  } catch (error) {
    // Then it is a flow mapping, or wrong in words that YAML's parser has.
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

function fromDocument(document: Document.Parsed, text: string): ParsedJson {
  const problem = document.errors[0]
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line
    const message = problem.message.split(" at line ")[0] ?? problem.message
    throw new JsonSyntaxError(line === undefined ? `yaml: ${message}` : `yaml: line ${line}: ${message}`)
  }
  const looped = loopedAnchor(document.contents, [])
  if (looped !== undefined) throw new JsonSyntaxError(`yaml: anchor '${looped}' value contains itself`)
  const duplicates: string[] = []
  let value: unknown
  try {
    value = document.toJS({ mapAsMap: true, maxAliasCount: ALIAS_COUNT_MAX })
  } catch (cause) {
    throw new JsonSyntaxError(`yaml: ${cause instanceof Error ? cause.message : "document cannot be resolved"}`)
  }
  collectDuplicates(document.contents, lineCounter(text), duplicates)
  return { value: toJson(value), duplicates }
}

function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return numberFromText(value.toString())
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new JsonSyntaxError(`yaml: ${value} is no JSON number`)
  }
  if (Array.isArray(value)) return value.map(toJson)
  if (!(value instanceof Map)) return value === undefined ? null : value
  const object: Record<string, unknown> = {}
  for (const [key, member] of value) {
    // `defineProperty` because a key may be `__proto__`.
    Object.defineProperty(object, keyText(key), {
      value: toJson(member),
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
  return object
}

function keyText(key: unknown): string {
  switch (typeof key) {
    case "string":
      return key
    case "number":
    case "bigint":
    case "boolean":
      return String(key)
    default:
      throw new JsonSyntaxError(
        `yaml: a key must be text, a number or a boolean, not ${key === null ? "null" : "a list or map"}`,
      )
  }
}

/** The anchor of a node that holds an alias of itself: such a document would have no end. */
function loopedAnchor(node: unknown, around: readonly string[]): string | undefined {
  const { items, key, value, anchor, source } = (node ?? {}) as NodeLike
  if (typeof source === "string" && items === undefined && value === undefined && key === undefined) {
    return around.includes(source) ? source : undefined
  }
  const within = anchor === undefined ? around : [...around, anchor]
  for (const inner of items ?? [key, value]) {
    const found = typeof inner === "object" && inner !== null ? loopedAnchor(inner, within) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

interface NodeLike {
  readonly anchor?: string | undefined
  /** Of an alias: which anchor it stands for. */
  readonly source?: unknown
  readonly items?: readonly unknown[]
  readonly key?: unknown
  readonly value?: unknown
  readonly range?: readonly number[] | null
}

/** As the YAML parser of Kubernetes words it: by line, not by path. */
function collectDuplicates(node: unknown, lineAt: (offset: number) => number, found: string[]): void {
  const { items } = (node ?? {}) as NodeLike
  if (items === undefined) return
  const seen = new Set<unknown>()
  for (const item of items) {
    const { key, value } = (item ?? {}) as NodeLike
    if (key === undefined) {
      collectDuplicates(item, lineAt, found)
      continue
    }
    const name = (key as NodeLike | null)?.value
    if (seen.has(name)) {
      const line = lineAt((key as NodeLike).range?.[0] ?? 0)
      found.push(`line ${line}: key ${JSON.stringify(String(name))} already set in map`)
    }
    seen.add(name)
    collectDuplicates(value, lineAt, found)
  }
}

/** Counts lines up to offsets that are asked for in ascending order, each line once. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let next = text.indexOf("\n")
  return (offset) => {
    while (next >= 0 && next < offset) {
      line++
      next = text.indexOf("\n", next + 1)
    }
    return line
  }
}
