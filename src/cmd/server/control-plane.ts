import type { CallHandler, UserInfo } from "../../apiserver/call.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import type { Client } from "../../client/client.ts"
import { createEventRecorder } from "../../client/event-recorder.ts"
import { startLeaderElection } from "../../client/leader-election/leader-election.ts"
import { createClient } from "../../client/typed-client.ts"
import { DecisionLog } from "../../controllers/decisions.ts"
import {
  type RunControllersOptions,
  type RunningControllers,
  runControllers,
} from "../../controllers/run-controllers.ts"
import type { Platform } from "../../platform/platform.ts"
import { DEFAULT_SCHEDULER_NAME, defaultConfig } from "../../scheduler/config/default-config.ts"
import type { SchedulerConfig } from "../../scheduler/config/scheduler-config.ts"
import { pluginRegistry } from "../../scheduler/plugins/registry.ts"
import { type Scheduler, startScheduler } from "../../scheduler/scheduler.ts"
import { type ControllerSettings, controllerDefinitions } from "./controller-definitions.ts"

/** Controllers and scheduler, inside the API server's process: no sockets, but each with an identity of its own. */
export interface ControlPlane {
  /** Resolves when the scheduler can decide: this one, or that of another server which leads. */
  readonly ready: Promise<void>
  /** What the controllers of this server did lately, and why. */
  readonly decisions: DecisionLog
  /** Resolves after `signal` aborted, when all loops have ended and the leases are given back. */
  readonly stopped: Promise<void>
}

export interface ComponentOptions {
  /** Where requests enter: past authentication, not past authorization. */
  readonly call: CallHandler
  readonly platform: Platform
  readonly signal: AbortSignal
}

export interface ControlPlaneOptions extends ComponentOptions, ControllerSettings {
  /** Unique among the servers of one store, and the same in each life of this one: it holds the leases. */
  readonly identity: string
  /** Profiles and extenders. Default: the default profile alone. */
  readonly schedulerConfig?: SchedulerConfig
}

/** Of all servers of a store, one runs the controllers and one the scheduler. */
export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>()
  const decisions = new DecisionLog(options.platform.clock)
  const controllers = elect(options, "kube-controller-manager", async (leading) => {
    await startControllers({ ...leading, definitions: controllerDefinitions(options), decisions }).stopped
  })
  const scheduler = elect(
    options,
    "kube-scheduler",
    async (leading) => {
      const { schedulerConfig } = options
      const running = startDefaultScheduler({ ...leading, ...(schedulerConfig && { schedulerConfig }) })
      void running.ready.then(setReady)
      await running.stopped
    },
    (leader) => leader !== options.identity && setReady(),
  )
  return { ready, decisions, stopped: Promise.all([controllers, scheduler]).then(() => undefined) }
}

/** Runs a component while it holds the lease that stock tools expect of it. What it asks afterwards has no effect. */
function elect(
  options: ControlPlaneOptions,
  name: string,
  lead: (options: ComponentOptions) => Promise<void>,
  onNewLeader: (leader: string) => void = () => undefined,
): Promise<void> {
  const { call, identity, platform, signal } = options
  const client = clientsOf(options)(systemUser(`system:${name}`), name)
  const election = startLeaderElection({
    client,
    lease: { namespace: "kube-system", name },
    identity,
    platform,
    signal,
    events: createEventRecorder({ client, component: name, platform }),
    onNewLeader,
    lead: (leading) => lead({ call: endingWith(call, leading), platform, signal: leading }),
  })
  return election.stopped
}

function endingWith(call: CallHandler, signal: AbortSignal): CallHandler {
  return (request) => (signal.aborted ? Promise.reject(new Error("the lease is not held any more")) : call(request))
}

/** Controllers with the identities that Kubernetes gives them. */
export function startControllers(
  options: ComponentOptions & Pick<RunControllersOptions, "definitions" | "decisions">,
): RunningControllers {
  const { decisions, definitions, platform, signal } = options
  const clientOf = clientsOf(options)
  return runControllers({
    definitions,
    clientFor: (name) => clientOf(controllerUser(name), name),
    informerClient: clientOf(systemUser("system:kube-controller-manager"), "kube-controller-manager"),
    eventsFor: (name, component) =>
      createEventRecorder({ client: clientOf(controllerUser(name), name), component, platform }),
    platform,
    signal,
    ...(decisions && { decisions }),
  })
}

export function startDefaultScheduler(
  options: ComponentOptions & { readonly schedulerConfig?: SchedulerConfig },
): Scheduler {
  const { platform, schedulerConfig = defaultConfig, signal } = options
  const client = clientsOf(options)(systemUser("system:kube-scheduler"), "kube-scheduler")
  return startScheduler({
    client,
    events: createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, platform }),
    config: schedulerConfig,
    registry: pluginRegistry,
    platform,
    signal,
  })
}

function clientsOf({ call }: ComponentOptions) {
  return (user: UserInfo, name: string): Client =>
    createClient(createInProcessTransport(call, user, { userAgent: `gantry/${name}` }), { fieldManager: name })
}

const systemUser = (name: string): UserInfo => ({ name, groups: ["system:authenticated"], extra: new Map() })

/** Controllers act as service accounts, so that audit and RBAC can tell them apart. */
function controllerUser(name: string): UserInfo {
  return {
    name: `system:serviceaccount:kube-system:${name}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    extra: new Map(),
  }
}
