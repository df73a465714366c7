import type { CallHandler, UserInfo } from "../../apiserver/call.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import type { Client } from "../../client/client.ts"
import { createEventRecorder } from "../../client/event-recorder.ts"
import { createClient } from "../../client/typed-client.ts"
import { type RunningControllers, runControllers } from "../../controllers/run-controllers.ts"
import type { Platform } from "../../platform/platform.ts"
import { defaultPlugins } from "../../scheduler/plugins/default-plugins.ts"
import { DEFAULT_SCHEDULER_NAME, type Scheduler, startScheduler } from "../../scheduler/scheduler.ts"
import { type ControllerSettings, controllerDefinitions } from "./controller-definitions.ts"

/** Controllers and scheduler, inside the API server's process: no sockets, but each with an identity of its own. */
export interface ControlPlane {
  readonly controllers: RunningControllers
  readonly scheduler: Scheduler
  /** Resolves after `signal` aborted, when all loops have ended. */
  readonly stopped: Promise<void>
}

export interface ControlPlaneOptions extends ControllerSettings {
  /** Where requests enter: past authentication, not past authorization. */
  readonly call: CallHandler
  readonly platform: Platform
  readonly signal: AbortSignal
}

export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { call, platform, signal } = options
  const clientOf = (user: UserInfo, name: string): Client =>
    createClient(createInProcessTransport(call, user, { userAgent: `gantry/${name}` }), { fieldManager: name })
  const eventsOf = (client: Client, component: string) => createEventRecorder({ client, component, platform })
  const controllerClient = (name: string) => clientOf(controllerUser(name), name)
  const controllers = runControllers({
    definitions: controllerDefinitions(options),
    clientFor: controllerClient,
    informerClient: clientOf(systemUser("system:kube-controller-manager"), "kube-controller-manager"),
    eventsFor: (name) => eventsOf(controllerClient(name), name),
    platform,
    signal,
  })
  const schedulerClient = clientOf(systemUser("system:kube-scheduler"), "kube-scheduler")
  const scheduler = startScheduler({
    client: schedulerClient,
    events: eventsOf(schedulerClient, DEFAULT_SCHEDULER_NAME),
    plugins: defaultPlugins,
    platform,
    signal,
  })
  return {
    controllers,
    scheduler,
    stopped: Promise.all([controllers.stopped, scheduler.stopped]).then(() => undefined),
  }
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
