import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Store } from "../../store/store.ts"
import { AdmissionChain } from "../admission/chain.ts"
import type { ServedKinds } from "../admission/matching/served-kinds.ts"
import type { AdmissionPlugin, ObjectReader } from "../admission/plugin.ts"
import type { ApiCall, ApiResult, Authorizer, CallHandler, RequestInfo } from "../call.ts"
import { ServedResources } from "../served/served-resources.ts"
import { CacheFeed, type FeedOptions } from "../watch-cache/feed.ts"
import { builtinBehaviors } from "./behaviors.ts"
import { handleCreate } from "./create.ts"
import { handleDelete, handleDeleteCollection } from "./delete.ts"
import { type KindBehavior, NO_HOOKS, resourceKey } from "./hooks.ts"
import { LeasePool } from "./lease-pool.ts"
import { versionsOfForm } from "./managed-fields.ts"
import { MoreResources } from "./more-resources.ts"
import { isBuiltIn, noSuchPath, noSuchSubresource } from "./no-such-path.ts"
import { createObjectReader } from "./object-reader.ts"
import { handleOtherForm, type OtherForm } from "./other-form.ts"
import { otherForms } from "./other-forms.ts"
import { PageHorizon } from "./page-horizon.ts"
import { handlePatch } from "./patch.ts"
import { handleGet, handleList } from "./read.ts"
import { handleScale } from "./scale.ts"
import { type Backend, notAllowed, type Scope } from "./scope.ts"
import { servedKinds } from "./served-kinds.ts"
import { handleUpdate } from "./update.ts"
import type { VersionForm } from "./versions.ts"
import { handleWatch } from "./watch.ts"

/** The back of the API server: answers every call about a resource that is kept in the store. */
export interface ResourceServer {
  readonly handle: CallHandler
  /** For answers of the caller's own that change something, such as tokens. */
  readonly admission: AdmissionChain
  /** What is served now. */
  readonly served: ServedResources
  /** Serves resources besides the first ones. */
  readonly more: MoreResources
  /** Current objects, from the watch cache. */
  readonly reader: ObjectReader
  /** How much there is of what a request is about. Undefined for what is not stored here. */
  loadOf(info: RequestInfo): { readonly objects: number; readonly watchers: number } | undefined
  /** Loads the watch cache. Nothing can be served before. */
  start(): Promise<void>
  /** Ends every watch. The store stays open. */
  close(): void
}

export interface ResourceServerOptions {
  readonly store: Store
  readonly platform: Pick<Platform, "clock" | "random" | "log">
  readonly resources: readonly AnyResource[]
  /** In the order in which they run. They may read objects through the reader they are made with. */
  readonly admission: (
    reader: ObjectReader,
    platform: Pick<Platform, "clock" | "random" | "log">,
    kinds: ServedKinds,
  ) => readonly AdmissionPlugin[]
  /** Asked again when an update turns out to be a creation. Absent: everybody may. */
  readonly authorizer?: () => Authorizer
  /** What kinds do besides being stored, such as services with their addresses. */
  readonly behaviors?: (
    reader: ObjectReader,
    platform: Pick<Platform, "clock" | "random" | "log">,
  ) => readonly KindBehavior[]
  /**
   * What is not stored, such as reviews and tokens: `group/version/resource[/subresource]` → who answers. The core group
   * is empty: `/v1/serviceaccounts/token`. A map may still be filled until the first call.
   */
  readonly virtual?: VirtualResources | ((...needs: VirtualNeeds) => VirtualResources)
  readonly transformerOf?: FeedOptions["transformerOf"]
  /** Default: those that kubelets and the scheduler ask for. */
  readonly indexesOf?: NonNullable<FeedOptions["indexesOf"]>
}

/** Every kubelet watches the pods of its node. */
function frequentSelectors(resource: AnyResource): readonly string[] {
  return resource.group === "" && resource.plural === "pods" ? ["spec.nodeName"] : []
}

/** Review kinds and the like only answer; nothing of them is kept. */
function isStored(resource: AnyResource): boolean {
  return resource.verbs.includes("watch")
}

type VirtualResources = ReadonlyMap<string, CallHandler>
type VirtualNeeds = [reader: ObjectReader, admission: AdmissionChain, platform: ResourceServerOptions["platform"]]

type Handler = (scope: Scope) => Promise<ApiResult>

const COLLECTION = new Map<string, Handler>([
  ["list", handleList],
  ["watch", handleWatch],
  ["create", handleCreate],
  ["deletecollection", handleDeleteCollection],
])
const OBJECT = new Map<string, Handler>([
  ["get", handleGet],
  ["update", handleUpdate],
  ["patch", handlePatch],
  ["delete", handleDelete],
  ["watch", handleWatch],
  ["list", handleList],
])
const STATUS = new Map<string, Handler>([
  ["get", handleGet],
  ["update", handleUpdate],
  ["patch", handlePatch],
])

export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  const { store, platform, resources, transformerOf, indexesOf = frequentSelectors } = options
  const forms = new Map([...otherForms].filter(([, { storage }]) => resources.includes(storage)))
  const versions = new Map([...forms.values()].flatMap(versionsOfForm))
  const versionForms = new Map<AnyResource, VersionForm>()
  const feed = new CacheFeed({
    store,
    clock: platform.clock,
    random: platform.random,
    log: platform.log,
    resources: resources.filter((each) => isStored(each) && !forms.has(each)),
    ...(transformerOf && { transformerOf }),
    indexesOf,
  })
  const reader = createObjectReader(feed)
  const behaviors = new Map(
    [...builtinBehaviors, ...(options.behaviors?.(reader, platform) ?? [])].map((each) => [
      resourceKey(each.resource),
      each,
    ]),
  )
  const served = new ServedResources(resources)
  const builtInVersions = new Set(resources.map(({ group, version }) => `${group}/${version}`))
  const kinds = servedKinds(served, forms, versionForms)
  const backend: Backend = {
    store,
    feed,
    platform,
    admission: new AdmissionChain(options.admission(reader, platform, kinds)),
    authorizer: options.authorizer,
    leases: new LeasePool(store, platform.clock),
    horizon: new PageHorizon(platform.clock),
    versionsOf: (resource) => versions.get(resource),
    hooksOf: (resource) => behaviors.get(resourceKey(resource))?.hooks ?? NO_HOOKS,
    formOf: (resource) => versionForms.get(resource),
  }
  const { virtual: made } = options
  const virtual = typeof made === "function" ? made(reader, backend.admission, platform) : made
  const answerIn = async (call: ApiCall, spoken: OtherForm | undefined): Promise<ApiResult> => {
    const { group, version, resource: plural, subresource } = call.info
    const path = `${group}/${version}/${plural}`
    const elsewhere = virtual?.get(subresource === "" ? path : `${path}/${subresource}`)
    if (elsewhere !== undefined) return elsewhere(call)
    const resource = served.find(group, version, plural)
    if (resource === undefined) return noSuchPath(builtInVersions.has(`${group}/${version}`))
    if (isMisplaced(resource, call.info)) return noSuchPath(isBuiltIn(resource))
    if (resource.deprecated !== undefined) call.warn(resource.deprecated)
    const form = forms.get(resource)
    if (form !== undefined) return handleOtherForm(form, call, (inner) => answerIn(inner, form))
    const scope = { ...scopeOf(backend, call, resource), ...(spoken && { form: spoken }) }
    const own = behaviors.get(resourceKey(resource))?.subresources?.get(subresource)
    const handler = handlerOf(scope, own)
    return handler === undefined ? noSuchSubresource(resource, call.info.name) : handler(scope)
  }
  const handle: CallHandler = (call) => answerIn(call, undefined)
  return {
    handle,
    served,
    reader,
    loadOf: ({ group, version, resource: plural }) => {
      const found = served.find(group, version, plural)
      if (found === undefined || !isStored(found)) return undefined
      const cache = feed.cacheOf(forms.get(found)?.storage ?? found)
      return { objects: cache.size, watchers: cache.watcherCount }
    },
    admission: backend.admission,
    more: new MoreResources(served, backend, versionForms),
    start: () => feed.start(),
    close: () => feed.close(),
  }
}

/** The path of a namespace names itself as its namespace. */
const isNamespace = ({ group, plural }: AnyResource): boolean => group === "" && plural === "namespaces"

/** In a namespace although it has none, or without one although only reading makes sense for all namespaces at once. */
function isMisplaced(resource: AnyResource, { namespace, name, subresource, verb, rest }: RequestInfo): boolean {
  if (rest !== "") return true
  if (!resource.namespaced) return namespace !== "" && !isNamespace(resource)
  if (namespace !== "") return false
  // A selected name stands where one in the path would.
  if (verb === "list" || verb === "watch") return subresource !== ""
  return subresource !== "" || name !== "" || !isBuiltIn(resource)
}

function scopeOf(backend: Backend, call: ApiCall, resource: AnyResource): Scope {
  const { namespace, name, subresource } = call.info
  return { backend, call, resource, namespace: resource.namespaced ? namespace : "", name, subresource }
}

/** Throws a 405 for what exists but cannot be done. Undefined: there is no such subresource. */
function handlerOf(scope: Scope, own: ReadonlyMap<string, Handler> | undefined): Handler | undefined {
  const { resource, subresource, namespace, name, call } = scope
  const { verb } = call.info
  const isHead = call.connection?.exchange.method === "HEAD"
  if (subresource !== "") {
    const known = resource.subresources.get(subresource)
    const handlers = own ?? (subresource === "status" ? STATUS : subresource === "scale" ? SCALE : undefined)
    if (known === undefined || handlers === undefined) return undefined
    const isServed = !isHead && known.verbs.some((each) => each === verb)
    return (isServed ? handlers.get(verb) : undefined) ?? notAllowed()
  }
  if (resource.namespaced && namespace === "" && verb !== "list" && verb !== "watch") return notAllowed()
  const handler = own?.get(verb) ?? (name === "" ? COLLECTION : OBJECT).get(verb)
  const isServed = resource.verbs.some((each) => each === verb)
  if (handler === undefined || !isServed || isHead) return notAllowed()
  return handler
}

const SCALE = new Map<string, Handler>(["get", "update", "patch"].map((verb) => [verb, handleScale]))
