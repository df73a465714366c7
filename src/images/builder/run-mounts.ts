import { posix } from "node:path"
import { at, expand, type Instruction } from "./dockerfile.ts"
import type { Lookup } from "./words.ts"

/** A `--mount` of RUN. https://docs.docker.com/reference/dockerfile/#run---mount */
export type MountSpec =
  | {
      readonly type: "bind"
      readonly target: string
      readonly source: string
      readonly from: string | null
      readonly readonly: boolean
    }
  | {
      readonly type: "cache"
      readonly target: string
      readonly id: string
      readonly sharing: "shared" | "private" | "locked"
      readonly readonly: boolean
      readonly from: string | null
      readonly source: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes: number | null }
  | {
      readonly type: "secret"
      readonly id: string
      /** Null: only as a variable. */
      readonly target: string | null
      readonly env: string | null
      readonly required: boolean
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }

const KEYS: Readonly<Record<MountSpec["type"], readonly string[]>> = {
  bind: ["target", "source", "from", "readonly"],
  cache: ["target", "id", "sharing", "readonly", "from", "source", "mode", "uid", "gid"],
  tmpfs: ["target", "size"],
  secret: ["id", "target", "env", "required", "mode", "uid", "gid"],
}
const ALIASES = new Map([
  ["dst", "target"],
  ["destination", "target"],
  ["src", "source"],
  ["ro", "readonly"],
])

/** Reads the mounts of a RUN. Throws `ImageError` BuildFailed. */
export function parseMounts(instruction: Instruction, workdir: string, lookup: Lookup): MountSpec[] {
  return instruction.flags.flatMap(({ name, value }) =>
    name === "mount" ? [parseMount(instruction, expand(instruction, value ?? "", lookup), workdir)] : [],
  )
}

function parseMount(instruction: Instruction, text: string, workdir: string): MountSpec {
  const fields = new Map<string, string>()
  for (const part of text.split(",")) {
    const equals = part.indexOf("=")
    const key = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    const value = equals < 0 ? "true" : part.slice(equals + 1)
    if (key === "rw" || key === "readwrite") fields.set("readonly", String(value !== "true"))
    else fields.set(ALIASES.get(key) ?? key, value)
  }
  const type = fields.get("type") ?? "bind"
  fields.delete("type")
  if (type === "ssh") throw at(instruction, "--mount=type=ssh is not supported; use a secret")
  if (!isType(type))
    throw at(instruction, `--mount: found type ${JSON.stringify(type)}, expected bind, cache, tmpfs or secret`)
  for (const key of fields.keys()) {
    if (!KEYS[type].includes(key)) throw at(instruction, `--mount=type=${type} has no option ${JSON.stringify(key)}`)
  }
  const read = new Fields(instruction, fields, workdir)
  switch (type) {
    case "bind":
      return {
        type,
        target: read.target(),
        source: read.text("source", "/"),
        from: read.from(),
        readonly: read.flag("readonly", true),
      }
    case "cache":
      return readCache(instruction, read)
    case "tmpfs":
      return { type, target: read.target(), sizeBytes: read.size() }
    case "secret":
      return readSecret(instruction, read, fields)
  }
}

function readCache(instruction: Instruction, read: Fields): MountSpec {
  const target = read.target()
  const sharing = read.text("sharing", "shared")
  if (sharing !== "shared" && sharing !== "private" && sharing !== "locked") {
    throw at(instruction, `--mount: found sharing=${sharing}, expected shared, private or locked`)
  }
  const from = read.from()
  const place = { target, id: read.text("id", target), from, source: read.text("source", "/") }
  return { type: "cache", ...place, sharing, readonly: read.flag("readonly", false), ...read.owner(0o755) }
}

function readSecret(instruction: Instruction, read: Fields, fields: ReadonlyMap<string, string>): MountSpec {
  const id = fields.get("id") ?? posix.basename(fields.get("target") ?? "")
  if (id === "") throw at(instruction, "--mount=type=secret needs an id")
  const env = fields.get("env") ?? null
  const target = fields.has("target") ? read.target() : env === null ? `/run/secrets/${id}` : null
  return { type: "secret", id, target, env, required: read.flag("required", false), ...read.owner(0o400) }
}

function isType(text: string): text is MountSpec["type"] {
  return Object.hasOwn(KEYS, text)
}

class Fields {
  readonly #instruction: Instruction
  readonly #fields: ReadonlyMap<string, string>
  readonly #workdir: string

  constructor(instruction: Instruction, fields: ReadonlyMap<string, string>, workdir: string) {
    this.#instruction = instruction
    this.#fields = fields
    this.#workdir = workdir
  }

  text(name: string, fallback: string): string {
    return this.#fields.get(name) ?? fallback
  }

  from(): string | null {
    return this.#fields.get("from") ?? null
  }

  target(): string {
    const target = this.#fields.get("target")
    if (target === undefined || target === "") throw at(this.#instruction, "--mount needs a target")
    const path = posix.resolve(this.#workdir, target)
    if (path === "/") throw at(this.#instruction, "--mount cannot cover the whole root")
    return path
  }

  flag(name: string, fallback: boolean): boolean {
    const text = this.#fields.get(name)
    if (text === undefined) return fallback
    if (text === "true" || text === "1" || text === "") return true
    if (text === "false" || text === "0") return false
    throw at(this.#instruction, `--mount: found ${name}=${text}, expected true or false`)
  }

  owner(mode: number): { mode: number; uid: number; gid: number } {
    const text = this.#fields.get("mode")
    if (text !== undefined && !/^[0-7]{1,4}$/.test(text))
      throw at(this.#instruction, `--mount: mode=${text} is not octal`)
    return { mode: text === undefined ? mode : Number.parseInt(text, 8), uid: this.#id("uid"), gid: this.#id("gid") }
  }

  size(): number | null {
    const text = this.#fields.get("size")
    if (text === undefined) return null
    const match = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(text)
    if (!match) throw at(this.#instruction, `--mount: size=${text} is not a size such as 64m`)
    const unit = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? "").toLowerCase()] ?? 1
    return Number(match[1]) * unit
  }

  #id(name: string): number {
    const text = this.#fields.get(name) ?? "0"
    if (!/^\d{1,9}$/.test(text)) throw at(this.#instruction, `--mount: ${name}=${text} is not a number`)
    return Number(text)
  }
}
