import assert from "node:assert/strict"
import { BUSYBOX } from "./busybox-image.ts"
import type { TestCluster } from "./cluster.ts"
import { until } from "./command.ts"

/** Pods with one container, as tests make them and as the API shows them. */

interface Terminated {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly containerID?: string
}

interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: Terminated
}

export interface ContainerView {
  readonly ready: boolean
  readonly restartCount: number
  readonly containerID?: string
  readonly imageID?: string
  readonly state: ContainerState
  readonly lastState: ContainerState
}

export interface PodView {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly status: {
    readonly phase: string
    readonly reason?: string
    readonly message?: string
    readonly conditions: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly ContainerView[]
  }
}

export interface EventView {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count?: number
}

/** A pod whose one container is called `c` and runs busybox unless something else is said. */
export function podOf(name: string, container: object, spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: BUSYBOX, ...container }], ...spec },
  }
}

/** What a container's state is in a table: `waiting CrashLoopBackOff`, `terminated Error 1`, `running`. */
export function stateOf({ state: { running, terminated, waiting } }: ContainerView): string {
  if (terminated !== undefined) return `terminated ${terminated.reason} ${terminated.exitCode}`
  return running === undefined ? `waiting ${waiting?.reason ?? "without a reason"}` : "running"
}

export const podView = (cluster: TestCluster, name: string): Promise<PodView> => cluster.get<PodView>(`pod ${name}`)

/** The pod's container; fails while the kubelet has said nothing about it. */
export function containerOf({ metadata, status }: PodView): ContainerView {
  const [container] = status.containerStatuses ?? []
  assert.ok(container, `pod ${metadata.name} has no container status yet`)
  return container
}

/** Waits until the pod is as wanted, and returns it then. */
export function untilPod(
  cluster: TestCluster,
  name: string,
  what: string,
  holds: (container: ContainerView, pod: PodView) => boolean,
): Promise<PodView> {
  return until(`pod ${name} ${what}`, async () => {
    const pod = await podView(cluster, name)
    const container = containerOf(pod)
    if (holds(container, pod)) return pod
    throw new Error(`found ${JSON.stringify(container, undefined, 1)}`)
  })
}

export async function eventsOf(cluster: TestCluster, name: string): Promise<readonly EventView[]> {
  const list = await cluster.get<{ readonly items: readonly EventView[] }>([
    "events",
    `--field-selector=involvedObject.name=${name}`,
  ])
  return list.items
}

/** Waits until the pod has an event of exactly this type, reason and message, or one that matches. */
export function untilEvent(
  cluster: TestCluster,
  name: string,
  type: string,
  reason: string,
  message: string | RegExp,
): Promise<EventView> {
  return until(`${type} event ${reason} of ${name}: ${String(message)}`, async () => {
    const events = await eventsOf(cluster, name)
    const found = events.find((event) => {
      const fits = typeof message === "string" ? event.message === message : message.test(event.message)
      return fits && event.type === type && event.reason === reason
    })
    if (found !== undefined) return found
    throw new Error(`found ${events.map((event) => `${event.type} ${event.reason}: ${event.message}`).join("\n")}`)
  })
}
