import type { HistoryEntry } from "../history.ts"
import { type Facts, factsOf, type Stored } from "./facts.ts"

/** Events that come with every pod and node; what they tell is seen in the object itself. */
const ROUTINE = new Set([
  "Scheduled",
  "Pulled",
  "Pulling",
  "Created",
  "Started",
  "Killing",
  "SuccessfulCreate",
  "SuccessfulDelete",
  "Starting",
  "NodeHasSufficientMemory",
  "NodeHasNoDiskPressure",
  "NodeHasSufficientPID",
  "NodeReady",
])
/** Where the API server keeps what scenarios look at: `/registry/pods/default/web`. */
const KIND_BY_FOLDER = new Map([
  ["minions", "Node"],
  ["nodes", "Node"],
  ["events", "Event"],
])

/** Volumes are named after the uids of their claims. */
const NAMED_BY_UID = /^(.+-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A random name that was refused. */
const NEVER_CREATED = /"(\S+)-[a-z0-9]{5}" is forbidden/g

interface StoredEvent extends Stored {
  readonly reason?: string
  readonly message?: string
  readonly note?: string
  readonly involvedObject?: { readonly kind: string; readonly name: string }
  readonly regarding?: { readonly kind: string; readonly name: string }
}

/** Tells the changes of a cluster's history in lines, with short names in place of random ones. */
export class Trace {
  readonly #last = new Map<string, { readonly title: string; readonly facts: Facts }>()
  readonly #aliases = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  #revision = 0

  /** Of the last change that it was told. */
  get revision(): number {
    return this.#revision
  }

  /** What changes since the last call have come to, oldest first. The same words are not said twice. */
  told(history: readonly HistoryEntry[]): string[] {
    const lines = new Set<string>()
    for (const entry of history) {
      this.#revision = entry.revision
      const line = entry.deleted ? this.#deleted(entry.key) : this.#stored(entry)
      if (line !== undefined) lines.add(this.shortened(line))
    }
    return [...lines]
  }

  /** The objects of a kind as they are now. */
  listed(kind: string): string[] {
    const all = [...this.#last.values()].filter(({ title }) => title.startsWith(`${kind}/`))
    return all.map(({ facts, title }) => this.shortened([title, ...said(facts)].join("  "))).toSorted()
  }

  /** With `web-7d4b9~1` in place of `web-7d4b9-x8k2p`. */
  shortened(text: string): string {
    let result = text
    for (const [name, alias] of this.#aliases) result = result.replaceAll(name, alias)
    return result
  }

  /** The real name for a short one. */
  nameOf(short: string): string {
    for (const [name, alias] of this.#aliases) if (alias === short) return name
    return short
  }

  #stored({ key, value }: HistoryEntry): string | undefined {
    const object = JSON.parse(value) as Stored
    const folder = key.split("/")[2] ?? ""
    const kind = KIND_BY_FOLDER.get(folder) ?? object.kind ?? ""
    if (kind === "Event") return eventLine(object)
    const facts = factsOf(kind, object)
    if (facts === undefined) return undefined
    const { generateName, name, namespace = "default" } = object.metadata
    const stem = generateName ?? NAMED_BY_UID.exec(name)?.[1]
    if (stem !== undefined) this.#shorten(name, stem)
    const title = namespace === "default" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
    const old = this.#last.get(key)
    this.#last.set(key, { title, facts })
    if (old === undefined) return [title, "created", ...said(facts)].join("  ")
    const changes = changesOf(old.facts, facts)
    return changes.length === 0 ? undefined : [title, ...changes].join("  ")
  }

  #deleted(key: string): string | undefined {
    const old = this.#last.get(key)
    this.#last.delete(key)
    return old && `${old.title}  deleted`
  }

  #shorten(name: string, generateName: string): void {
    if (this.#aliases.has(name) || !name.startsWith(generateName)) return
    const count = (this.#counts.get(generateName) ?? 0) + 1
    this.#counts.set(generateName, count)
    this.#aliases.set(name, `${generateName.replace(/-$/, "")}~${count}`)
  }
}

function eventLine(event: StoredEvent): string | undefined {
  const { involvedObject, message, note, reason = "", regarding } = event
  const about = involvedObject ?? regarding
  if (about === undefined || ROUTINE.has(reason)) return undefined
  const text = (message ?? note ?? "").replaceAll("\n", " ").replaceAll(NEVER_CREATED, '"$1-…" is forbidden')
  return `${about.kind}/${about.name}  event  ${reason}: ${text}`
}

const said = (facts: Facts) => [...facts].map(([name, value]) => (value === "true" ? name : `${name} ${value}`))

function changesOf(old: Facts, now: Facts): string[] {
  const changed: string[] = []
  for (const [name, value] of now) {
    const before = old.get(name)
    if (before === value) continue
    if (value === "true") changed.push(name)
    else changed.push(before === undefined ? `${name} ${value}` : `${name} ${before} → ${value}`)
  }
  for (const [name, value] of old) {
    if (!now.has(name)) changed.push(value === "true" ? `not ${name}` : `no ${name}`)
  }
  return changed
}
