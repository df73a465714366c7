import { createInProcessTransport } from "../src/apiserver/in-process.ts"
import type { Client } from "../src/client/client.ts"
import { createEventRecorder } from "../src/client/event-recorder.ts"
import { createClient } from "../src/client/typed-client.ts"
import { giveLocalClass } from "../src/cmd/server/local-class.ts"
import type { ControllerDefinition } from "../src/controllers/define-controller.ts"
import { type RunningControllers, runControllers } from "../src/controllers/run-controllers.ts"
import type { Platform } from "../src/platform/platform.ts"
import type { SimPlatform } from "../src/platform/sim/platform.ts"
import type { Store } from "../src/store/store.ts"
import type { Activity } from "./activity.ts"
import {
  type ApiServerComponent,
  type ControllersComponent,
  endingWith,
  type SchedulerComponent,
} from "./components.ts"
import { type Duration, msOf } from "./duration.ts"
import type { FaultInjector } from "./faults.ts"
import { type HistoryEntry, readHistory } from "./history.ts"
import type { FakeNodeOptions } from "./nodes/fake-node.ts"
import type { FakeNodes } from "./nodes/fake-nodes.ts"
import type { TestPki } from "./pki.ts"
import { settle } from "./settle.ts"
import type { TestClock, TestCluster, TestUser } from "./test-cluster.ts"
import { ADMIN, copying, kubeconfig, type TestTokens, userInfo } from "./users.ts"

export interface ClusterParts {
  readonly base: Platform
  /** The same, when time is virtual. */
  readonly sim: SimPlatform | undefined
  /** As components have it. */
  readonly platform: Platform
  readonly store: Store
  readonly pki: TestPki
  readonly tokens: TestTokens
  readonly activity: Activity
  readonly faults: FaultInjector
  readonly apiServer: ApiServerComponent
  readonly controllers: ControllersComponent
  readonly scheduler: SchedulerComponent
  readonly nodes: FakeNodes
}

const HOUR_MS = 3_600_000
const KUBELET = "kubelet/"

export class RunningTestCluster implements TestCluster {
  readonly #parts: ClusterParts
  readonly client: Client
  readonly clock: TestClock
  readonly faults: FaultInjector
  readonly nodes: FakeNodes
  readonly pods: FakeNodes
  readonly platform: Platform
  readonly #ownControllers: RunningControllers[] = []
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined
  #listens = false

  constructor(parts: ClusterParts) {
    this.#parts = parts
    const { faults, nodes, platform } = parts
    this.client = this.as(ADMIN)
    this.clock = clockOf(parts)
    this.faults = faults
    this.nodes = nodes
    this.pods = nodes
    this.platform = platform
  }

  /** Resolves when it has settled. */
  async start(nodes: readonly FakeNodeOptions[]): Promise<void> {
    const { apiServer, controllers, scheduler } = this.#parts
    await apiServer.start()
    await Promise.all([controllers.start(), scheduler.start()])
    await this.settled()
    await this.#moving(Promise.all(nodes.map((node) => this.nodes.add(node))))
    // As `gantry up` does it. Without nodes nobody could have a volume.
    if (nodes.length > 0) await giveLocalClass(this.client, this.platform.log)
    await this.settled()
  }

  as(user: string | TestUser): Client {
    const transport = createInProcessTransport(this.#parts.apiServer.call, userInfo(user), {
      userAgent: "gantry/testing",
    })
    return createClient(copying(transport), { fieldManager: "gantry-testing" })
  }

  async listen(host = "127.0.0.1", port = 0): Promise<string> {
    const url = await this.#parts.apiServer.listen(host, port)
    this.#listens = true
    return url
  }

  url(): Promise<string> {
    return this.listen()
  }

  async kubeconfig(user: string | TestUser = ADMIN): Promise<string> {
    const { pki, tokens } = this.#parts
    const info = userInfo(user)
    return kubeconfig({ url: await this.listen(), ca: pki.ca.cert, user: info.name, token: tokens.issue(info) })
  }

  settled(also: () => boolean = () => true): Promise<void> {
    const { activity, apiServer, controllers, scheduler, sim } = this.#parts
    const busy = (isIdle: boolean, name: string) => (isIdle ? [] : [`${name} works`])
    return settle(
      {
        sim: sim?.clock,
        underWay: () => [
          ...activity.underWay,
          ...busy(controllers.isIdle, "kube-controller-manager"),
          ...busy(scheduler.isIdle, "kube-scheduler"),
          ...this.#ownControllers.flatMap(({ idle, names }) => busy(idle, names.join(", "))),
        ],
        requests: () => activity.callsEver,
        isDown: () => !apiServer.runs,
        hasOutsiders: () => this.#listens,
      },
      also,
    )
  }

  get components(): readonly string[] {
    return [
      "kube-apiserver",
      "kube-scheduler",
      "kube-controller-manager",
      ...this.#parts.controllers.names,
      ...this.nodes.names.map((name) => `${KUBELET}${name}`),
    ]
  }

  async crash(component: string): Promise<void> {
    const { apiServer, controllers, scheduler } = this.#parts
    this.#check(component)
    if (component === "kube-apiserver") await apiServer.crash()
    else if (component === "kube-scheduler") await scheduler.crash()
    else if (component === "kube-controller-manager") await controllers.crash()
    else if (component.startsWith(KUBELET)) this.nodes.get(component.slice(KUBELET.length)).stop()
    else controllers.crashOne(component)
  }

  async restart(component: string): Promise<void> {
    const { apiServer, controllers, scheduler } = this.#parts
    this.#check(component)
    if (component === "kube-apiserver") await this.#moving(apiServer.start())
    else if (component === "kube-scheduler") await scheduler.start()
    else if (component === "kube-controller-manager") await controllers.start()
    else if (component.startsWith(KUBELET)) await this.#moving(this.nodes.get(component.slice(KUBELET.length)).start())
    else controllers.startOne(component)
  }

  #check(component: string): void {
    if (this.components.includes(component)) return
    throw new TypeError(`found no component ${component}, expected one of ${this.components.join(", ")}`)
  }

  run(controller: ControllerDefinition): void {
    const { activity, apiServer, platform } = this.#parts
    const { signal } = this.#closed
    const call = endingWith({ activity, call: apiServer.call }, signal)
    const user = userInfo({ name: controller.name, groups: ["system:masters"] })
    const client = createClient(createInProcessTransport(call, user), { fieldManager: controller.name })
    const running = runControllers({
      definitions: [controller],
      clientFor: () => client,
      informerClient: client,
      eventsFor: (_, component) => createEventRecorder({ client, component, platform }),
      platform,
      signal,
    })
    this.#ownControllers.push(running)
  }

  history(afterRevision?: number): Promise<readonly HistoryEntry[]> {
    return readHistory(this.#parts.store, afterRevision)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { apiServer, controllers, nodes, scheduler, store } = this.#parts
    this.#closed.abort()
    nodes.close()
    await Promise.all([controllers.crash(), scheduler.crash()])
    await apiServer.crash()
    await store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Moves virtual time, where there is any, until something is done that takes short pauses. */
  async #moving<T>(work: Promise<T>): Promise<T> {
    const clock = this.#parts.sim?.clock
    if (clock === undefined) return work
    let done = false
    const over = () => (done = true)
    work.then(over, over)
    await clock.advanceUntil(() => done)
    return work
  }
}

function clockOf({ base, sim }: ClusterParts): TestClock {
  const virtual = () => {
    if (sim === undefined) throw new Error('this cluster has a real clock: start it with clock: "virtual" to move time')
    return sim.clock
  }
  return {
    get now() {
      return new Date(base.clock.nowMs())
    },
    set: (to) => virtual().setBy(to.getTime() - base.clock.nowMs()),
    advance: (by) => virtual().advance(msOf(by)),
    async advanceUntil(done, limit: Duration = HOUR_MS) {
      const clock = virtual()
      const untilMs = clock.monotonicMs() + msOf(limit)
      await clock.settle()
      while (!(await done())) {
        if (clock.monotonicMs() > untilMs) throw new Error(`the condition does not hold after ${msOf(limit)} ms`)
        if (!(await clock.step())) throw new Error("the condition does not hold and no timer is left to fire")
      }
    },
  }
}
