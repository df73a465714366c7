import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { RequestInfo, UserInfo } from "../call.ts"
import { bySchemaOrder, distinguisher, matchesSchema } from "./classify.ts"
import { dealHand } from "./deal.ts"
import type { FlowControlMetrics } from "./metrics.ts"
import { adjustLimits, divideNominal, PERIOD_MS, PriorityLevel } from "./priority-level.ts"
import type { Entry, Leave } from "./queue-set.ts"
import { estimateWork, type Load } from "./work.ts"

/**
 * API priority and fairness: every request takes places of its priority level, and waits or is refused when there are
 * none, so that whoever floods the server harms himself only.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export interface FlowControl {
  enter(request: FlowRequest): Passage | Promise<Passage>
  /** The levels that are enforced now. */
  levels(): readonly PriorityLevel[]
}

export interface FlowRequest {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  /** How long the client is ready to wait for the answer; default a minute. */
  readonly timeoutMs: number | undefined
  /** Aborts when the client goes away; asked for when the request has to wait. */
  readonly signal: () => AbortSignal
}

export interface Passage {
  /** Who decided; sent to the client. */
  readonly schemaUid: string
  readonly levelUid: string
  /** Gives the places back, once. Absent: the request is refused. */
  readonly leave?: Leave
  /** For refused requests: when to try again. */
  readonly retryAfterSeconds?: number
}

export interface FlowControlOptions {
  readonly reader: ObjectReader
  readonly clock: Clock
  /** How many requests run at once, over all levels. */
  readonly seats: number
  readonly loadOf: (info: RequestInfo) => Load | undefined
  readonly metrics: FlowControlMetrics
  /** Called when the configuration has changed. */
  readonly onConfiguration?: () => void
}

const MINUTE_MS = 60_000
/** Of a level's places, one request takes at most this part. */
const WIDEST = 0.15
const HANDS_MAX = 10_000
const CATCH_ALL = "catch-all"

export function createFlowControl(options: FlowControlOptions): FlowControl {
  const { reader, clock, loadOf, metrics } = options
  const levels = new Map<string, PriorityLevel>()
  let schemas: readonly FlowSchema[] = []
  let seen: readonly number[] = []
  let adjustedMs = clock.monotonicMs()
  const hands = new Map<string, readonly number[]>()

  const configure = (): void => {
    schemas = reader.list(FlowSchema, "").toSorted(bySchemaOrder)
    const configurations = new Map(
      reader.list(PriorityLevelConfiguration, "").map((each) => [each.metadata.name, each]),
    )
    for (const [name, configuration] of configurations) {
      levels.getOrInsertComputed(name, () => new PriorityLevel(name, clock)).configure(configuration)
    }
    // What is left of a level that is gone goes on without it.
    for (const name of levels.keys()) if (!configurations.has(name)) levels.delete(name)
    const all = [...levels.values()]
    divideNominal(all, options.seats)
    for (const level of all) level.setCurrent(level.nominal)
    hands.clear()
    options.onConfiguration?.()
  }

  const refresh = (): void => {
    const now = [reader.changedRevision(FlowSchema), reader.changedRevision(PriorityLevelConfiguration)]
    if (now[0] !== seen[0] || now[1] !== seen[1]) {
      seen = now
      configure()
    }
    const nowMs = clock.monotonicMs()
    const periods = Math.floor((nowMs - adjustedMs) / PERIOD_MS)
    if (periods === 0) return
    adjustedMs = nowMs
    adjustLimits([...levels.values()], nowMs, periods)
  }

  const schemaFor = (user: UserInfo, info: RequestInfo): FlowSchema | undefined =>
    schemas.find(
      (schema) => levels.has(schema.spec.priorityLevelConfiguration.name) && matchesSchema(schema, user, info),
    ) ?? schemas.find(({ metadata }) => metadata.name === CATCH_ALL)

  const handOf = (schema: FlowSchema, level: PriorityLevel, flow: string): readonly number[] => {
    if (level.queueing === undefined) return []
    const { queues, handSize } = level.queueing
    if (hands.size > HANDS_MAX) hands.clear()
    const { name } = schema.metadata
    return hands.getOrInsertComputed(`${name}\0${flow}`, () => dealHand(name, flow, queues, handSize))
  }

  return {
    levels: () => [...levels.values()],
    enter({ user, info, query, timeoutMs, signal }) {
      refresh()
      const schema = schemaFor(user, info)
      const level = levels.get(schema?.spec.priorityLevelConfiguration.name ?? "")
      // Before the first configuration there is nothing to go by.
      if (schema === undefined || level === undefined) return UNLIMITED
      const uids = { schemaUid: schema.metadata.uid, levelUid: level.uid }
      const labels = { priority_level: level.name, flow_schema: schema.metadata.name }
      if (level.isExempt) return { ...uids, leave: NOTHING }
      const work = estimateWork(info, query, Math.ceil(level.nominal * WIDEST), loadOf)
      const waitMs = Math.min((timeoutMs ?? MINUTE_MS) / 4, MINUTE_MS)
      const settle = (entry: Entry): Passage => {
        if ("leave" in entry) {
          metrics.dispatched(labels)
          return { ...uids, leave: entry.leave }
        }
        metrics.rejected(labels, entry.refused)
        level.retryAfter.refused(clock.nowMs())
        return { ...uids, retryAfterSeconds: level.retryAfter.seconds }
      }
      const flow = distinguisher(schema, user, info)
      const entry = level.queues.enter(work, handOf(schema, level, flow), waitMs, signal)
      return entry instanceof Promise ? entry.then(settle) : settle(entry)
    },
  }
}

const NOTHING: Leave = () => undefined
const UNLIMITED: Passage = { schemaUid: "", levelUid: "", leave: NOTHING }
