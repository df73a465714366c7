import type { CallHandler, UserInfo } from "../../apiserver/call.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import type { Client } from "../../client/client.ts"
import { createEventRecorder } from "../../client/event-recorder.ts"
import { createClient } from "../../client/typed-client.ts"
import type { ControllerDefinition } from "../../controllers/define-controller.ts"
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

export interface ComponentOptions {
  /** Where requests enter: past authentication, not past authorization. */
  readonly call: CallHandler
  readonly platform: Platform
  readonly signal: AbortSignal
}

export function startControlPlane(options: ComponentOptions & ControllerSettings): ControlPlane {
  const controllers = startControllers({ ...options, definitions: controllerDefinitions(options) })
  const scheduler = startDefaultScheduler(options)
  return {
    controllers,
    scheduler,
    stopped: Promise.all([controllers.stopped, scheduler.stopped]).then(() => undefined),
  }
}

/** Controllers with the identities that Kubernetes gives them. */
export function startControllers(
  options: ComponentOptions & { readonly definitions: readonly ControllerDefinition[] },
): RunningControllers {
  const { definitions, platform, signal } = options
  const clientOf = clientsOf(options)
  return runControllers({
    definitions,
    clientFor: (name) => clientOf(controllerUser(name), name),
    informerClient: clientOf(systemUser("system:kube-controller-manager"), "kube-controller-manager"),
    eventsFor: (name) =>
      createEventRecorder({ client: clientOf(controllerUser(name), name), component: name, platform }),
    platform,
    signal,
  })
}

export function startDefaultScheduler(options: ComponentOptions): Scheduler {
  const { platform, signal } = options
  const client = clientsOf(options)(systemUser("system:kube-scheduler"), "kube-scheduler")
  return startScheduler({
    client,
    events: createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, platform }),
    plugins: defaultPlugins,
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
