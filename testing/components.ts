import { builtinResources, subresourceKinds } from "../src/api/all.ts"
import type { CallHandler } from "../src/apiserver/call.ts"
import { type KubeApiServer, startKubeApiServer } from "../src/apiserver/kube-apiserver.ts"
import { startControllers, startDefaultScheduler } from "../src/cmd/server/control-plane.ts"
import { controllerDefinitions } from "../src/cmd/server/controller-definitions.ts"
import { controllerRole } from "../src/cmd/server/controller-role.ts"
import { gantryVersion, KUBERNETES_VERSION } from "../src/cmd/version.ts"
import type { RunningControllers } from "../src/controllers/run-controllers.ts"
import { hostPort } from "../src/machinery/net/host-port.ts"
import type { Platform } from "../src/platform/platform.ts"
import type { Scheduler } from "../src/scheduler/scheduler.ts"
import type { Store } from "../src/store/store.ts"
import type { Activity } from "./activity.ts"
import type { FaultInjector } from "./faults.ts"
import { fakeNodeVolumes } from "./nodes/fake-volumes.ts"
import type { TestPki } from "./pki.ts"
import type { TestTokens } from "./users.ts"

/** One part of a cluster that can end and start again. */
export interface Component {
  readonly runs: boolean
  /** Whether it has nothing left to do now. */
  readonly isIdle: boolean
  start(): Promise<void>
  /** At once, whatever is under way. */
  crash(): Promise<void>
}

const SERVICE_CIDR = "10.96.0.0/12"
const POD_CIDR = "10.128.0.0/9"
const LOAD_BALANCER_POOL = "10.90.0.0/24"
const ADVERTISE_ADDRESS = "10.0.0.1"

export interface ApiServerParts {
  readonly platform: Platform
  readonly store: Store
  readonly pki: TestPki
  readonly tokens: TestTokens
  readonly activity: Activity
  readonly faults: FaultInjector
  /** What the kubelet at an address tells of its containers' usage. */
  readonly askForUsage: NonNullable<Parameters<typeof startKubeApiServer>[0]["askForUsage"]>
}

/** The API server. Its store outlives it. */
export class ApiServerComponent implements Component {
  readonly #parts: ApiServerParts
  #running: KubeApiServer | undefined
  #address: { readonly host: string; readonly port: number } | undefined

  constructor(parts: ApiServerParts) {
    this.#parts = parts
  }

  get runs(): boolean {
    return this.#running !== undefined
  }
  readonly isIdle = true

  /** Where components and clients in this process enter. What they ask of a server that is gone fails. */
  readonly call: CallHandler = async (call) => {
    const server = this.#running
    if (server === undefined) throw unreachable()
    const result = await server.call(call)
    if (this.#running !== server) throw unreachable()
    return result
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const { activity, askForUsage, faults, pki, platform, store, tokens } = this.#parts
    this.#running = await startKubeApiServer({
      store,
      platform,
      pki,
      resources: builtinResources,
      subresourceKinds,
      advertiseAddress: ADVERTISE_ADDRESS,
      serviceCidr: SERVICE_CIDR,
      version: { kubernetes: KUBERNETES_VERSION, program: gantryVersion() },
      controllerRoles: controllerDefinitions(settingsOf(pki)).map(controllerRole),
      // Nobody routes cluster IPs here.
      aggregateToEndpoints: true,
      certificateLogins: !pki.isPublic,
      tokens: [tokens.authenticate],
      askForUsage,
      intercept: (handler) => activity.count(faults.intercept(handler)),
    })
    if (this.#address !== undefined) await this.#running.listen(this.#address.port, this.#address.host)
  }

  /** The address stays the same when the server is started again. */
  async listen(host: string, port: number): Promise<string> {
    if (this.#address === undefined) {
      if (this.#running === undefined) throw new Error("the API server is crashed: restart it before it can listen")
      this.#address = await this.#running.listen(port, host)
    }
    return `https://${hostPort(this.#address)}`
  }

  async crash(): Promise<void> {
    const server = this.#running
    this.#running = undefined
    await server?.close(0)
  }
}

/** As Node says it, so that clients treat it like a server that is gone. */
function unreachable(): Error {
  return Object.assign(new Error("connect ECONNREFUSED: the API server of the test cluster is not running"), {
    code: "ECONNREFUSED",
  })
}

const settingsOf = ({ ca, serviceAccount }: TestPki) => ({
  resources: builtinResources,
  ca,
  serviceAccount,
  podCidr: POD_CIDR,
  loadBalancerPool: LOAD_BALANCER_POOL,
  nodeVolumes: fakeNodeVolumes,
})

export interface ClientParts {
  readonly platform: Platform
  readonly pki: TestPki
  readonly activity: Activity
  readonly call: CallHandler
}

/** All of the cluster's controllers. Each can also be crashed by itself. */
export class ControllersComponent implements Component {
  readonly #parts: ClientParts
  readonly names: readonly string[]
  readonly #crashed = new Set<string>()
  #running: { readonly controllers: RunningControllers; readonly stop: AbortController } | undefined

  constructor(parts: ClientParts) {
    this.#parts = parts
    this.names = controllerDefinitions(settingsOf(parts.pki)).map(({ name }) => name)
  }

  get runs(): boolean {
    return this.#running !== undefined
  }
  get isIdle(): boolean {
    return this.#running?.controllers.idle ?? true
  }

  start(): Promise<void> {
    if (this.#running !== undefined) return Promise.resolve()
    const { pki, platform } = this.#parts
    const stop = new AbortController()
    const { signal } = stop
    const call = endingWith(this.#parts, signal)
    const controllers = startControllers({
      call: (request) =>
        this.#crashed.has(request.user.name) ? Promise.reject(new Error("this controller is crashed")) : call(request),
      platform,
      signal,
      definitions: controllerDefinitions(settingsOf(pki)),
    })
    this.#running = { controllers, stop }
    this.#crashed.clear()
    return Promise.resolve()
  }

  crash(): Promise<void> {
    this.#running?.stop.abort()
    this.#running = undefined
    return Promise.resolve()
  }

  crashOne(name: string): void {
    this.#crashed.add(userOf(name))
    this.#running?.controllers.stop(name)
  }

  startOne(name: string): void {
    this.#crashed.delete(userOf(name))
    this.#running?.controllers.start(name)
  }
}

const userOf = (controller: string) => `system:serviceaccount:kube-system:${controller}`

export class SchedulerComponent implements Component {
  readonly #parts: ClientParts
  #running: { readonly scheduler: Scheduler; readonly stop: AbortController } | undefined

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  get runs(): boolean {
    return this.#running !== undefined
  }
  get isIdle(): boolean {
    return this.#running?.scheduler.idle ?? true
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const { platform } = this.#parts
    const stop = new AbortController()
    const call = endingWith(this.#parts, stop.signal)
    this.#running = { scheduler: startDefaultScheduler({ call, platform, signal: stop.signal }), stop }
  }

  crash(): Promise<void> {
    this.#running?.stop.abort()
    this.#running = undefined
    return Promise.resolve()
  }
}

/** The way to the API server for one life of a component: afterwards, nothing it still asks or hears has any effect. */
export function endingWith(
  { activity, call }: Pick<ClientParts, "activity" | "call">,
  signal: AbortSignal,
): CallHandler {
  const gone = () => new Error("this component is crashed")
  return activity.follow(async (request) => {
    if (signal.aborted) throw gone()
    const result = await call(request)
    if (signal.aborted) throw gone()
    return result
  }, signal)
}
