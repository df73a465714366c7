import type { Labels, MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { PriorityLevel } from "./priority-level.ts"
import type { RefusalReason } from "./queue-set.ts"

/** What flow control counts, under Kubernetes' names. */
export interface FlowControlMetrics {
  dispatched(labels: Labels): void
  rejected(labels: Labels, reason: RefusalReason): void
}

export function createFlowControlMetrics(
  registry: MetricsRegistry,
  levels: () => readonly PriorityLevel[],
): FlowControlMetrics {
  const dispatched = registry.counter("apiserver_flowcontrol_dispatched_requests_total", "Requests that were let in.")
  const rejected = registry.counter("apiserver_flowcontrol_rejected_requests_total", "Requests that were refused.")
  const gauge = (name: string, help: string, value: (level: PriorityLevel) => number): void =>
    registry.gaugesFrom(`apiserver_flowcontrol_${name}`, help, () =>
      levels().map((level) => [{ priority_level: level.name }, value(level)] as const),
    )
  gauge("nominal_limit_seats", "Places that a level has by its share.", ({ nominal }) => nominal)
  gauge("current_limit_seats", "Places that a level has now, with what it lends and borrows.", ({ current }) => current)
  gauge("lower_limit_seats", "Places that a level never lends.", ({ lowest }) => lowest)
  gauge("upper_limit_seats", "Places that a level has at most.", ({ highest }) => highest)
  gauge("current_executing_seats", "Places that are taken.", ({ queues }) => queues.state.seatsInUse)
  gauge("current_executing_requests", "Requests that run.", ({ queues }) => queues.state.executing)
  gauge("current_inqueue_requests", "Requests that wait.", ({ queues }) => queues.state.waiting)
  return {
    dispatched: (labels) => dispatched.add(1, labels),
    rejected: (labels, reason) => rejected.add(1, { ...labels, reason }),
  }
}
