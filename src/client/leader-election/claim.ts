import type { LeaseSpec } from "../../api/coordination/v1/lease.ts"

/** What a candidate knows of a lease. */
export interface Observation {
  readonly spec: LeaseSpec
  /** When it first saw the lease like this, by its own monotonic clock: clocks of others are never compared with. */
  readonly atMs: number
}

export interface Candidate {
  readonly identity: string
  readonly leaseDurationSeconds: number
}

/** Takes in what the lease says now. A lease that nobody renews stays as old as it is. */
export function observe(before: Observation | undefined, spec: LeaseSpec, nowMs: number): Observation {
  return before !== undefined && isSame(before.spec, spec) ? before : { spec, atMs: nowMs }
}

export const holderOf = ({ spec }: Observation): string => spec.holderIdentity ?? ""

/** Whether its holder still has it, whoever that is. */
export function isValid({ spec, atMs }: Observation, nowMs: number): boolean {
  return atMs + (spec.leaseDurationSeconds ?? 0) * 1000 > nowMs
}

/**
 * What a candidate writes into the lease to take or keep it, at `time` (a microTime); undefined while somebody else has
 * it. Without an observation there is no lease yet.
 */
export function claim(
  observed: Observation | undefined,
  { identity, leaseDurationSeconds }: Candidate,
  nowMs: number,
  time: string,
): LeaseSpec | undefined {
  const own = { holderIdentity: identity, leaseDurationSeconds, renewTime: time }
  if (observed === undefined) return { ...own, acquireTime: time, leaseTransitions: 0 }
  const { spec } = observed
  const transitions = spec.leaseTransitions ?? 0
  // Whoever had the name before is gone, or it is us: either way nobody else acts.
  if (holderOf(observed) === identity) {
    return { ...own, acquireTime: spec.acquireTime ?? time, leaseTransitions: transitions }
  }
  if (holderOf(observed) !== "" && isValid(observed, nowMs)) return undefined
  return { ...own, acquireTime: time, leaseTransitions: transitions + 1 }
}

/** What the holder writes when it goes: free at once for whoever comes next. */
export function released({ leaseTransitions }: LeaseSpec, time: string): LeaseSpec {
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: leaseTransitions ?? 0,
  }
}

const FIELDS = [
  "holderIdentity",
  "leaseDurationSeconds",
  "acquireTime",
  "renewTime",
  "leaseTransitions",
  "preferredHolder",
  "strategy",
] as const satisfies readonly (keyof LeaseSpec)[]

const isSame = (a: LeaseSpec, b: LeaseSpec): boolean => FIELDS.every((field) => a[field] === b[field])
