import type { Versions } from "../../machinery/apply/versions.ts"
import type { AnyResource, WriteContext } from "../../machinery/schema/resource.ts"
import type { GroupResource } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Store } from "../../store/store.ts"
import type { AdmissionChain } from "../admission/chain.ts"
import type { ApiCall, Authorizer } from "../call.ts"
import type { CacheFeed } from "../watch-cache/feed.ts"
import type { WatchCache } from "../watch-cache/watch-cache.ts"
import type { ResourceHooks } from "./hooks.ts"
import type { LeasePool } from "./lease-pool.ts"
import type { OtherForm } from "./other-form.ts"
import type { PageHorizon } from "./page-horizon.ts"
import { objectKey } from "./storage-key.ts"
import type { VersionForm } from "./versions.ts"

/** What all handlers share. */
export interface Backend {
  readonly store: Store
  readonly feed: CacheFeed
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly admission: AdmissionChain
  readonly leases: LeasePool
  readonly horizon: PageHorizon
  /** Asked again when an update turns out to be a creation. Absent: everybody may. */
  readonly authorizer?: (() => Authorizer) | undefined
  readonly hooksOf: (resource: AnyResource) => ResourceHooks
  /** The forms of a resource that has several; undefined when all its versions have one. */
  readonly versionsOf: (resource: AnyResource) => Versions | undefined
  /** Of resources that have several versions. */
  readonly formOf: (resource: AnyResource) => VersionForm | undefined
}

/** One call to one resource. */
export interface Scope {
  readonly backend: Backend
  readonly call: ApiCall
  readonly resource: AnyResource
  /** Empty for kinds without namespace, and for calls about all namespaces. */
  readonly namespace: string
  /** Empty for collections. */
  readonly name: string
  readonly subresource: string
  /** The form that the client speaks, when it is not the one that is stored. */
  readonly form?: OtherForm
}

export function notAllowed(): never {
  throw new StatusError("MethodNotAllowed", 405, "the server does not allow this method on the requested resource", {})
}

export function groupResource(resource: AnyResource): GroupResource {
  return { group: resource.group, resource: resource.plural }
}

export function groupKind(resource: AnyResource): { readonly group: string; readonly kind: string } {
  return { group: resource.group, kind: resource.kind }
}

export function writeContext({ backend, call }: Scope): WriteContext {
  return { user: call.user, now: timeFromMs(backend.platform.clock.nowMs()) }
}

export function cacheOf(scope: Scope): WatchCache {
  return scope.backend.feed.cacheOf(scope.resource)
}

export function keyOf(scope: Scope, name = scope.name): string {
  return objectKey(scope.resource, scope.namespace, name)
}
