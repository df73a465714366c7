import { posix } from "node:path"
import type { Healthcheck } from "../content/oci.ts"
import { at, expand, flag, type Instruction, jsonForm, pairs, words } from "./dockerfile.ts"
import type { ImageDraft } from "./image-draft.ts"
import type { Lookup } from "./words.ts"

type Apply = (draft: ImageDraft, instruction: Instruction, lookup: Lookup) => void

const DEFAULT_SHELL = ["/bin/sh", "-c"]

/** The instructions that change nothing but the image's configuration. */
export const metadataInstructions: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  [
    "ENV",
    (draft, instruction, lookup) => {
      for (const [name, value] of pairs(instruction, lookup)) draft.env.set(name, value)
    },
  ],
  [
    "LABEL",
    (draft, instruction, lookup) => {
      const labels = new Map(Object.entries(draft.config.Labels ?? {}))
      for (const [name, value] of pairs(instruction, lookup)) labels.set(name, value)
      draft.config = { ...draft.config, Labels: Object.fromEntries(labels) }
    },
  ],
  [
    "USER",
    (draft, instruction, lookup) => {
      draft.config = { ...draft.config, User: oneWord(instruction, lookup) }
    },
  ],
  [
    "CMD",
    (draft, instruction) => {
      draft.config = { ...draft.config, Cmd: commandOf(draft, instruction) }
      draft.ownCmd = true
    },
  ],
  [
    "ENTRYPOINT",
    (draft, instruction) => {
      // The base image's CMD was written for its own entrypoint.
      const { Cmd, ...rest } = draft.config
      draft.config = {
        ...rest,
        ...(draft.ownCmd && Cmd !== undefined ? { Cmd } : {}),
        Entrypoint: commandOf(draft, instruction),
      }
    },
  ],
  [
    "EXPOSE",
    (draft, instruction, lookup) => {
      const ports = words(instruction, lookup).flatMap((word) => exposedPorts(instruction, word))
      const added = Object.fromEntries(ports.map((port) => [port, {}]))
      draft.config = { ...draft.config, ExposedPorts: { ...draft.config.ExposedPorts, ...added } }
    },
  ],
  [
    "VOLUME",
    (draft, instruction, lookup) => {
      const paths = words(instruction, lookup)
      if (paths.some((path) => path === "")) throw at(instruction, "a volume needs a path")
      const volumes = new Map(Object.entries(draft.config.Volumes ?? {}))
      for (const path of paths) volumes.set(path, {})
      draft.config = { ...draft.config, Volumes: Object.fromEntries(volumes) }
    },
  ],
  [
    "STOPSIGNAL",
    (draft, instruction, lookup) => {
      const signal = oneWord(instruction, lookup)
      if (!/^(?:\d+|(?:SIG)?[A-Z][A-Z0-9+-]*)$/i.test(signal)) throw at(instruction, `unknown signal ${signal}`)
      draft.config = { ...draft.config, StopSignal: signal }
    },
  ],
  [
    "SHELL",
    (draft, instruction) => {
      const shell = jsonForm(instruction)
      if (shell === null || shell.length === 0)
        throw at(instruction, 'write it as a JSON list, such as ["/bin/sh", "-c"]')
      draft.config = { ...draft.config, Shell: shell }
    },
  ],
  [
    "ONBUILD",
    (draft, instruction) => {
      draft.config = { ...draft.config, OnBuild: [...(draft.config.OnBuild ?? []), instruction.rest] }
    },
  ],
  [
    "HEALTHCHECK",
    (draft, instruction) => {
      draft.config = { ...draft.config, Healthcheck: healthcheck(draft, instruction) }
    },
  ],
  [
    "MAINTAINER",
    (draft, instruction) => {
      draft.author = instruction.rest
    },
  ],
])

/** The program of the shell form or the JSON form. */
export function commandOf(draft: ImageDraft, instruction: Pick<Instruction, "rest">): string[] {
  const json = jsonForm(instruction)
  return json === null ? [...shellOf(draft), instruction.rest] : [...json]
}

export function shellOf(draft: ImageDraft): readonly string[] {
  return draft.config.Shell ?? DEFAULT_SHELL
}

/** WORKDIR's argument as an absolute path. */
export function workdirPath(draft: ImageDraft, instruction: Instruction, lookup: Lookup): string {
  const path = expand(instruction, instruction.rest, lookup)
  if (path === "") throw at(instruction, "the path is empty")
  return posix.resolve(draft.workdir, path)
}

function oneWord(instruction: Instruction, lookup: Lookup): string {
  const [word, ...others] = words(instruction, lookup)
  if (word === undefined || word === "" || others.length > 0) throw at(instruction, "it takes exactly one argument")
  return word
}

function exposedPorts(instruction: Instruction, word: string): string[] {
  const [, first, last, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? []
  const from = Number(first)
  const to = last === undefined ? from : Number(last)
  if (!(from >= 1 && from <= to && to <= 65_535)) {
    throw at(instruction, `found port ${JSON.stringify(word)}, expected for example 80, 53/udp or 8000-8010`)
  }
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}/${protocol.toLowerCase()}`)
}

function healthcheck(draft: ImageDraft, instruction: Instruction): Healthcheck {
  const [, type, rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(instruction.rest) ?? []
  if (type?.toUpperCase() === "NONE") {
    if (rest !== "") throw at(instruction, "NONE takes no arguments")
    return { Test: ["NONE"] }
  }
  if (type?.toUpperCase() !== "CMD" || rest === "") throw at(instruction, "write CMD and a command, or NONE")
  const json = jsonForm({ rest })
  const retries = flag(instruction, "retries")
  if (retries !== null && !/^\d+$/.test(retries)) throw at(instruction, "--retries must be a number")
  // Docker gives the shell form to the image's shell at run time.
  const Test = json === null ? ["CMD-SHELL", rest] : ["CMD", ...json]
  return {
    Test: draft.config.Shell && json === null ? ["CMD", ...draft.config.Shell, rest] : Test,
    ...duration(instruction, "interval", "Interval"),
    ...duration(instruction, "timeout", "Timeout"),
    ...duration(instruction, "start-period", "StartPeriod"),
    ...duration(instruction, "start-interval", "StartInterval"),
    ...(retries === null ? {} : { Retries: Number(retries) }),
  }
}

const NANOSECONDS = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
])

/** `1m30s` in nanoseconds, as Docker stores it. */
function duration(instruction: Instruction, name: string, field: string): Record<string, number> {
  const text = flag(instruction, name)
  if (text === null) return {}
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)]
  if (parts.map(([whole]) => whole).join("") !== text || text === "") {
    throw at(instruction, `--${name}: found ${JSON.stringify(text)}, expected a duration such as 30s or 1m30s`)
  }
  return {
    [field]: Math.round(parts.reduce((sum, [, n, unit = ""]) => sum + Number(n) * (NANOSECONDS.get(unit) ?? 0), 0)),
  }
}
