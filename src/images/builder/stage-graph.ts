import { at, type Dockerfile, expand, flag, type Instruction, type Stage } from "./dockerfile.ts"
import type { Lookup } from "./words.ts"

/** Where files or a base come from. */
export type Source =
  | { readonly kind: "stage"; readonly index: number }
  | { readonly kind: "image"; readonly ref: string }

/** A stage with its base known. */
export interface PlannedStage {
  readonly stage: Stage
  readonly base: Source | { readonly kind: "scratch" }
  readonly platform: string | null
  /** Stages that this one needs, itself not included. */
  readonly needs: readonly number[]
}

/** The stages that building `target` (a name or number; default: the last stage) takes, in order. The target is last. */
export function planStages(dockerfile: Dockerfile, target: string | undefined, lookup: Lookup): PlannedStage[] {
  const { stages } = dockerfile
  const last = target === undefined ? stages.length - 1 : indexOf(stages, target)
  if (last === null) {
    const names = stages.flatMap(({ name }) => name ?? []).join(", ")
    const first = stages[0]?.from
    const reason = `found no stage ${JSON.stringify(target)}, expected ${names === "" ? "a number" : `one of ${names}`}`
    throw first === undefined ? new Error(reason) : at(first, reason)
  }
  const planned = new Map<number, PlannedStage>()
  const visit = (index: number): void => {
    const stage = stages[index]
    if (stage === undefined || planned.has(index)) return
    const one = planStage(stage, stages, lookup)
    for (const needed of one.needs) visit(needed)
    planned.set(index, one)
  }
  visit(last)
  return [...planned.values()]
}

function planStage(stage: Stage, stages: readonly Stage[], lookup: Lookup): PlannedStage {
  const earlier = stages.slice(0, stage.index)
  const name = expand(stage.from, stage.base, lookup)
  if (name === "")
    throw at(stage.from, `the base name ${JSON.stringify(stage.base)} is empty after its variables are expanded`)
  const base = name === "scratch" ? ({ kind: "scratch" } as const) : sourceOf(name, earlier, false)
  const sources = [base, ...stage.instructions.flatMap((one) => sourcesOf(one, earlier))]
  const needs = new Set(sources.flatMap((source) => (source.kind === "stage" ? [source.index] : [])))
  const platform = stage.platform === null ? null : expand(stage.from, stage.platform, lookup)
  return { stage, base, platform: platform === "" ? null : platform, needs: [...needs] }
}

/** What `--from` of COPY and of RUN's mounts names. */
function sourcesOf(instruction: Instruction, earlier: readonly Stage[]): Source[] {
  const names = instruction.flags.flatMap(({ name, value }) => {
    if (name === "from" && instruction.keyword === "COPY") return value ?? []
    if (name !== "mount" || instruction.keyword !== "RUN") return []
    return /(?:^|,)from=([^,]*)/.exec(value ?? "")?.[1] ?? []
  })
  return names.map((name) => fromSource(instruction, name, earlier))
}

/** What the value of a `--from` means: a stage by name or number, else an image. */
export function fromSource(instruction: Instruction, name: string, earlier: readonly Stage[]): Source {
  if (name === "") throw at(instruction, "--from is empty; name a stage or an image")
  if (name.includes("$")) throw at(instruction, "--from takes no variables; name a stage or an image")
  const source = sourceOf(name, earlier, true)
  if (source.kind === "image" && /^\d+$/.test(name)) throw at(instruction, `there is no earlier stage ${name}`)
  return source
}

function sourceOf(name: string, earlier: readonly Stage[], numbers: boolean): Source {
  const named = earlier.findLast((stage) => stage.name === name.toLowerCase())
  if (named) return { kind: "stage", index: named.index }
  if (numbers && /^\d+$/.test(name) && Number(name) < earlier.length) return { kind: "stage", index: Number(name) }
  return { kind: "image", ref: name }
}

function indexOf(stages: readonly Stage[], target: string): number | null {
  const source = sourceOf(target, stages, true)
  return source.kind === "stage" ? source.index : null
}

/** The value of a flag that may be a bare `--flag`. */
export function booleanFlag(instruction: Instruction, name: string): boolean {
  const value = flag(instruction, name)
  if (value === null || value === "false") return false
  if (value === "" || value === "true") return true
  throw at(instruction, `--${name}: found ${JSON.stringify(value)}, expected true or false`)
}
