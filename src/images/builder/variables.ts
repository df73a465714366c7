import { platformText } from "../content/platform-match.ts"
import type { ImagePlatform } from "../images.ts"
import { at, expand, type Instruction } from "./dockerfile.ts"
import { type Lookup, splitWords } from "./words.ts"

/** Usable in RUN without an ARG, and no reason to run a step anew. https://docs.docker.com/reference/dockerfile/#predefined-args */
const PREDEFINED = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
])
/** Limits the times of files in layers and of the image. https://reproducible-builds.org/specs/source-date-epoch/ */
export const SOURCE_DATE_EPOCH = "SOURCE_DATE_EPOCH"

/** Build arguments and what ARG instructions before the first FROM made of them. */
export class GlobalArgs {
  readonly #given: ReadonlyMap<string, string>
  readonly #automatic: ReadonlyMap<string, string>
  readonly #declared = new Map<string, string | null>()
  readonly #used = new Set<string>(PREDEFINED).add(SOURCE_DATE_EPOCH)

  constructor(given: ReadonlyMap<string, string>, machine: ImagePlatform, target: ImagePlatform, stage: string) {
    this.#given = given
    this.#automatic = new Map([
      ...platformArgs("BUILD", machine),
      ...platformArgs("TARGET", target),
      ["TARGETSTAGE", stage],
    ])
  }

  /** For FROM instructions. */
  readonly lookup: Lookup = (name) =>
    this.#declared.has(name) ? (this.#declared.get(name) ?? null) : (this.#automatic.get(name) ?? null)

  /** An ARG before the first FROM. */
  declare(instruction: Instruction): void {
    for (const { name, value } of readArg(instruction, this.lookup)) {
      this.#declared.set(name, this.#override(name) ?? value)
    }
  }

  /** The values that an ARG inside a stage declares; what has no value is left out. */
  declareInStage(instruction: Instruction, lookup: Lookup): [string, string][] {
    return readArg(instruction, lookup).flatMap(({ name, value }) => {
      const result = this.#override(name) ?? value ?? this.#declared.get(name) ?? this.#automatic.get(name) ?? null
      return result === null ? [] : [[name, result]]
    })
  }

  /** Proxy settings that were given as build arguments. */
  get proxies(): [string, string][] {
    return PREDEFINED.flatMap((name) => {
      const value = this.#given.get(name)
      return value === undefined ? [] : [[name, value]]
    })
  }

  /** Given and never declared: probably misspelt. */
  get unused(): string[] {
    return [...this.#given.keys()].filter((name) => !this.#used.has(name))
  }

  #override(name: string): string | null {
    this.#used.add(name)
    return this.#given.get(name) ?? null
  }
}

export function isPredefined(name: string): boolean {
  return PREDEFINED.includes(name)
}

function readArg(instruction: Instruction, lookup: Lookup): { name: string; value: string | null }[] {
  const declared: { name: string; value: string | null }[] = []
  // A default may use what the same instruction declared before.
  const scope: Lookup = (name) => declared.find((one) => one.name === name)?.value ?? lookup(name)
  for (const word of splitWords(instruction.rest, instruction.escape)) {
    const equals = word.indexOf("=")
    const name = equals < 0 ? word : word.slice(0, equals)
    if (!/^[A-Za-z_]\w*$/.test(name)) throw at(instruction, `invalid name for a variable: ${JSON.stringify(name)}`)
    declared.push({ name, value: equals < 0 ? null : expand(instruction, word.slice(equals + 1), scope) })
  }
  return declared
}

function platformArgs(prefix: string, platform: ImagePlatform): [string, string][] {
  return [
    [`${prefix}PLATFORM`, platformText(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ""],
  ]
}
