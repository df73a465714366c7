import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Event } from "../../api/core/v1/event.ts"
import { LimitRange } from "../../api/core/v1/limit-range.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ReplicationController } from "../../api/core/v1/replication-controller.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { Service } from "../../api/core/v1/service.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { IPAddress } from "../../api/networking/v1/ip-address.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { RuntimeClass } from "../../api/node/v1/runtime-class.ts"
import { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { PriorityClass } from "../../api/scheduling/v1/priority-class.ts"
import type { Client } from "../../client/client.ts"
import type { Transport } from "../../client/transport.ts"
import { createClient } from "../../client/typed-client.ts"
import { createSimPlatform, type SimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import type { Store } from "../../store/store.ts"
import type { UserInfo } from "../call.ts"
import { createInProcessTransport } from "../in-process.ts"
import { createResourceServer, type ResourceServer, type ResourceServerOptions } from "./resource-server.ts"

/** A resource server on a memory store and virtual time, with clients that enter in process. For this folder's tests. */
export interface TestBack {
  readonly server: ResourceServer
  readonly store: Store
  readonly platform: SimPlatform
  readonly client: Client
  readonly transport: Transport
  readonly warnings: string[]
  as(user: Partial<UserInfo>): Transport
  close(): Promise<void>
}

export const TEST_RESOURCES = [
  ConfigMap,
  Deployment,
  Event,
  IPAddress,
  LimitRange,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  RuntimeClass,
  Secret,
  Service,
  ServiceAccount,
  ServiceCIDR,
]

export async function startTestBack(options: Partial<ResourceServerOptions> = {}): Promise<TestBack> {
  const platform = createSimPlatform({ seed: 1 })
  const store = options.store ?? createMemoryStore({ platform })
  const server = createResourceServer({
    store,
    platform,
    resources: TEST_RESOURCES,
    admission: () => [],
    ...options,
  })
  await server.start()
  const warnings: string[] = []
  const as = (user: Partial<UserInfo>) =>
    createInProcessTransport(
      server.handle,
      { name: "tester", groups: ["system:authenticated"], extra: new Map(), ...user },
      { warn: (text) => warnings.push(text), userAgent: "test/1.0" },
    )
  const transport = as({})
  return {
    server,
    store,
    platform,
    warnings,
    transport,
    as,
    client: createClient(transport, { fieldManager: "test" }),
    close: async () => {
      server.close()
      await store.close()
    },
  }
}
