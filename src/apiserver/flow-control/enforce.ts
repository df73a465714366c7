import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { createClient } from "../../client/typed-client.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { UserInfo } from "../call.ts"
import { createInProcessTransport } from "../in-process.ts"
import type { ResourceServer } from "../resources/resource-server.ts"
import { createFlowControl, type FlowControl } from "./flow-control.ts"
import { reportDangling } from "./flow-schema-status.ts"
import { createFlowControlMetrics } from "./metrics.ts"

const REQUESTS_IN_FLIGHT = 600

interface Options {
  readonly platform: Platform
  /** How many requests run at once, over all levels. Default 600. */
  readonly requestsInFlight?: number
}

/** Flow control by what the server stores. Servers without its kinds, as in tests, have none. */
export function enforceFlowControl(
  { platform, requestsInFlight: seats = REQUESTS_IN_FLIGHT }: Options,
  { served, reader, handle, loadOf }: ResourceServer,
  registry: MetricsRegistry,
  self: UserInfo,
): { readonly flowControl?: FlowControl } {
  if (!served.builtin.includes(FlowSchema)) return {}
  const client = createClient(createInProcessTransport(handle, self), {
    fieldManager: "api-priority-and-fairness-config-consumer-v1",
  })
  const metrics = createFlowControlMetrics(registry, () => flowControl.levels())
  const onConfiguration = () => void reportDangling(reader, client, platform)
  const flowControl = createFlowControl({ reader, clock: platform.clock, seats, loadOf, metrics, onConfiguration })
  return { flowControl }
}
