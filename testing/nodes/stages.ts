import type { Pod } from "../../src/api/core/v1/pod.ts"
import { type Duration, msOf } from "../duration.ts"
import type { Use } from "./container-usage.ts"

/** How containers behave on fake nodes. What is left out happens at once and without fault. */
export interface Stages {
  /** How long pulling the image takes. Default: the image is there. */
  readonly pull?: Duration
  /** Why the image cannot be pulled: the message that the registry would give. */
  readonly pullError?: string
  /** From the image being there until the container runs. */
  readonly start?: Duration
  /** Why the container cannot be started. */
  readonly startError?: string
  /** From running until ready. `false`: not before the test says so. */
  readonly ready?: Duration | false
  /** When readiness changes to its contrary, counted from running. */
  readonly flips?: readonly Duration[]
  /** The container ends by itself. Default: init containers at once with 0, all others never. */
  readonly exit?: Exit | false
  /** What the container uses while it runs: what `kubectl top` shows and autoscalers go by. */
  readonly use?: Use
  /** How long the container takes to end when it is asked to. What takes longer than its grace period is killed. */
  readonly stop?: Duration
}

export interface Exit {
  /** 0 to 255. */
  readonly code: number
  /** From running. Default: at once. */
  readonly after?: Duration
  /** Default: `Completed` for code 0, `Error` otherwise. */
  readonly reason?: "Completed" | "Error" | "OOMKilled"
  /** As written to the termination log. */
  readonly message?: string
  /** Only the first so many instances of the container end by themselves. Default: every one. */
  readonly times?: number
}

/** Which containers are meant. What is left out matches all. */
export interface ContainerMatch {
  readonly namespace?: string
  /** The pod's name, or the beginning of it followed by `*`. */
  readonly pod?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly node?: string
  readonly container?: string
  readonly image?: string
}

interface Rule {
  readonly match: ContainerMatch
  readonly stages: Stages
}

/** What tests have said about containers. Of several rules that match, each later one adds to and changes those before. */
export class StageRules {
  readonly #rules = new Set<Rule>()

  /** Returns a function that takes the rule back. Throws `TypeError` for what is no duration. */
  add(match: ContainerMatch, stages: Stages): () => void {
    const { exit, flips = [], pull, ready, start, stop } = stages
    for (const each of [pull, ready, start, stop, exit ? exit.after : undefined, ...flips]) {
      if (each !== undefined && each !== false) msOf(each)
    }
    const rule = { match, stages }
    this.#rules.add(rule)
    return () => void this.#rules.delete(rule)
  }

  of(pod: Pod, container: { readonly name: string; readonly image?: string | undefined }): Stages {
    const found = [...this.#rules].filter(({ match }) => matches(match, pod, container))
    return Object.assign({}, ...found.map(({ stages }) => stages)) as Stages
  }
}

function matches(
  match: ContainerMatch,
  { metadata, spec }: Pod,
  container: { readonly name: string; readonly image?: string | undefined },
): boolean {
  const { pod } = match
  const isNamed =
    pod === undefined || (pod.endsWith("*") ? metadata.name.startsWith(pod.slice(0, -1)) : metadata.name === pod)
  return (
    isNamed &&
    (match.namespace ?? metadata.namespace) === metadata.namespace &&
    (match.node ?? spec.nodeName) === spec.nodeName &&
    (match.container ?? container.name) === container.name &&
    (match.image ?? container.image) === container.image &&
    matchesLabels(match.labels ?? {}, metadata.labels ?? {})
  )
}

function matchesLabels(wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value)
}
