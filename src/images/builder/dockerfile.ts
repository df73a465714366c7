import { messageOf } from "../../machinery/status/message-of.ts"
import { dockerfileError, type LogicalLine, readDockerfileLines } from "./dockerfile-lines.ts"
import { expandWord, type Lookup, splitWords } from "./words.ts"

/** An instruction with the flags that it may have. */
export interface Instruction extends LogicalLine {
  readonly file: string
  readonly escape: string
  /** As written, on one line, for progress and errors. */
  readonly text: string
}

export interface Stage {
  /** From 0. */
  readonly index: number
  /** In lower case; null when the stage has no name. */
  readonly name: string | null
  readonly from: Instruction
  /** What follows FROM: an image, a stage or `scratch`; variables are not expanded yet. */
  readonly base: string
  readonly platform: string | null
  readonly instructions: readonly Instruction[]
}

export interface Dockerfile {
  readonly file: string
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly Instruction[]
  readonly stages: readonly Stage[]
}

const FLAGS = new Map<string, readonly string[]>([
  ["FROM", ["platform"]],
  ["RUN", ["mount", "network", "security"]],
  ["COPY", ["from", "chown", "chmod", "link"]],
  ["ADD", ["chown", "chmod", "link", "checksum"]],
  ["HEALTHCHECK", ["interval", "timeout", "start-period", "start-interval", "retries"]],
  ...[
    "ENV",
    "ARG",
    "WORKDIR",
    "USER",
    "CMD",
    "ENTRYPOINT",
    "EXPOSE",
    "LABEL",
    "VOLUME",
    "STOPSIGNAL",
    "SHELL",
    "ONBUILD",
    "MAINTAINER",
  ].map((name): [string, string[]] => [name, []]),
])
const REPEATABLE = new Set(["mount"])
const NAME = /^[a-z][a-z0-9-_.]*$/

/** Reads a Dockerfile. Throws `ImageError` BuildFailed with file and line. https://docs.docker.com/reference/dockerfile/ */
export function parseDockerfile(text: string, file: string): Dockerfile {
  const { escape, lines } = readDockerfileLines(text, file)
  const globalArgs: Instruction[] = []
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const line of lines) {
    const instruction = checked(line, file, escape)
    const stage = stages.at(-1)
    if (instruction.keyword === "FROM") stages.push(newStage(instruction, stages.length))
    else if (stage) stage.instructions.push(instruction)
    else if (instruction.keyword === "ARG") globalArgs.push(instruction)
    else throw at(instruction, "there must be a FROM before this; only ARG may come first")
  }
  if (stages.length === 0) throw dockerfileError(file, 1, "the file has no FROM instruction")
  return { file, globalArgs, stages }
}

/** Reads one instruction outside of a file, such as a trigger of ONBUILD. */
export function parseInstruction(text: string, file: string, line: number): Instruction {
  const [only, ...others] = readDockerfileLines(text, file).lines
  if (!only || others.length > 0) throw dockerfileError(file, line, `not one instruction: ${JSON.stringify(text)}`)
  return { ...checked(only, file, "\\"), line }
}

/** An error at an instruction, with its text. */
export function at(instruction: Instruction, reason: string, cause?: unknown): Error {
  return dockerfileError(instruction.file, instruction.line, `${instruction.text}: ${reason}`, cause)
}

/** The value of a flag, or null; "" when it was written without one. */
export function flag(instruction: Instruction, name: string): string | null {
  const found = instruction.flags.find((one) => one.name === name)
  return found ? (found.value ?? "") : null
}

/** The arguments as a JSON list of texts, or null when they are not written as one. */
export function jsonForm(instruction: Pick<Instruction, "rest">): readonly string[] | null {
  if (!instruction.rest.startsWith("[")) return null
  try {
    const list: unknown = JSON.parse(instruction.rest)
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : null
  } catch (error) {
    // What only looks like JSON is a shell command, as in Docker.
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** The arguments as words, JSON or blank-separated, with variables expanded. */
export function words(instruction: Instruction, lookup: Lookup): string[] {
  const json = jsonForm(instruction)
  const raw = json ?? guarded(instruction, () => splitWords(instruction.rest, instruction.escape))
  return raw.map((word) => expand(instruction, word, lookup))
}

/** Expands variables in one text of an instruction. */
export function expand(instruction: Instruction, word: string, lookup: Lookup): string {
  return guarded(instruction, () => expandWord(word, { escape: instruction.escape, lookup }))
}

/** `k=v k2="v 2"`, or the old form `k v and the rest`. */
export function pairs(instruction: Instruction, lookup: Lookup): [string, string][] {
  const raw = guarded(instruction, () => splitWords(instruction.rest, instruction.escape))
  const [first = ""] = raw
  if (raw.length === 0) throw at(instruction, "it needs at least one argument")
  if (!first.includes("=")) {
    const value = instruction.rest.slice(first.length).trim()
    if (value === "") throw at(instruction, `${first} has no value; write ${first}=value`)
    return [[expand(instruction, first, lookup), expand(instruction, value, lookup)]]
  }
  return raw.map((word) => {
    const equals = word.indexOf("=")
    if (equals <= 0) throw at(instruction, `${JSON.stringify(word)} is not name=value`)
    return [expand(instruction, word.slice(0, equals), lookup), expand(instruction, word.slice(equals + 1), lookup)]
  })
}

function guarded<T>(instruction: Instruction, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw at(instruction, messageOf(error), error)
  }
}

function checked(line: LogicalLine, file: string, escape: string): Instruction {
  const flags = line.flags.map(({ name, value }) => ` --${name}${value === null ? "" : `=${value}`}`).join("")
  const text = `${line.keyword}${flags} ${line.rest}`.replace(/\s+/g, " ").trim()
  const instruction = { ...line, file, escape, text }
  const allowed = FLAGS.get(line.keyword)
  if (!allowed) throw dockerfileError(file, line.line, `unknown instruction: ${line.keyword}`)
  const seen = new Set<string>()
  for (const { name } of line.flags) {
    if (!allowed.includes(name)) throw at(instruction, `unknown flag --${name}`)
    if (seen.has(name) && !REPEATABLE.has(name)) throw at(instruction, `--${name} is given twice`)
    seen.add(name)
  }
  if (line.rest === "") throw at(instruction, "it needs at least one argument")
  if (line.keyword === "ONBUILD") {
    const trigger = line.rest.split(/\s/, 1)[0]?.toUpperCase() ?? ""
    if (["ONBUILD", "FROM", "MAINTAINER"].includes(trigger))
      throw at(instruction, `${trigger} is not allowed as a trigger`)
    parseInstruction(line.rest, file, line.line)
  }
  return instruction
}

function newStage(from: Instruction, index: number): Stage & { instructions: Instruction[] } {
  const [base, as, name, ...rest] = from.rest.split(/\s+/)
  if (base === undefined || rest.length > 0 || (as !== undefined && as.toLowerCase() !== "as") || (as && !name)) {
    throw at(from, "write FROM image or FROM image AS name")
  }
  const lower = name?.toLowerCase() ?? null
  if (lower !== null && !NAME.test(lower)) throw at(from, `invalid name for a stage: ${JSON.stringify(name)}`)
  return { index, name: lower, from, base, platform: flag(from, "platform"), instructions: [] }
}
