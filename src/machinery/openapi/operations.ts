import type { AnyResource, Subresource } from "../schema/resource.ts"
import { type GroupVersionKind, gvkOf, listDefinition, PATCH } from "./definitions.ts"
import {
  DELETE,
  DELETE_COLLECTION,
  LIST,
  PATCH_WRITE,
  type Parameter,
  READ,
  SUBRESOURCE_QUERY,
  WRITE,
} from "./parameters.ts"
import { capitalised } from "./struct-schema.ts"

/** The requests that a resource answers, as both versions of OpenAPI describe them. */

export type Method = "get" | "put" | "post" | "delete" | "options" | "head" | "patch"

export interface Operation {
  readonly path: string
  readonly method: Method
  readonly id: string
  readonly doc: string
  readonly tag: string
  /** `x-kubernetes-action`. */
  readonly action?: string
  readonly gvk?: GroupVersionKind
  readonly query: readonly Parameter[]
  readonly body?: { readonly definition: string; readonly mediaTypes: readonly string[]; readonly required: boolean }
  readonly mediaTypes: readonly string[]
  /** By code, the definition of the answer; undefined for text. */
  readonly answers: ReadonlyMap<number, string | undefined>
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1"
const STATUS = `${META}.Status`
const JSON_TYPE = "application/json"
const PROTOBUF = "application/vnd.kubernetes.protobuf"
export const OBJECT_TYPES = [JSON_TYPE, PROTOBUF, "application/yaml"]
const LIST_TYPES = [...OBJECT_TYPES, `${JSON_TYPE};stream=watch`, `${PROTOBUF};stream=watch`]
const PATCH_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
]
const ANY_TYPE = ["*/*"]

/** What bodies and answers of a resource are written in. */
interface MediaTypes {
  readonly object: readonly string[]
  readonly list: readonly string[]
  readonly patch: readonly string[]
  readonly body: readonly string[]
}
const BUILTIN_TYPES: MediaTypes = { object: OBJECT_TYPES, list: LIST_TYPES, patch: PATCH_TYPES, body: ANY_TYPE }
/** Custom resources have neither a protobuf form nor merge keys. */
const TEXT_TYPES = [JSON_TYPE, "application/yaml"]
const CUSTOM_TYPES: MediaTypes = {
  object: TEXT_TYPES,
  list: TEXT_TYPES,
  patch: PATCH_TYPES.filter((type) => !type.includes("strategic")),
  body: TEXT_TYPES,
}
const READ_ANSWERS = [200] as const
const WRITE_ANSWERS = [200, 201] as const
const CREATE_ANSWERS = [200, 201, 202] as const
const DELETE_ANSWERS = [200, 202] as const

/** `/api/v1`, `/apis/apps/v1` */
export function rootPath({ group, apiVersion }: Pick<AnyResource, "group" | "apiVersion">): string {
  return group === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`
}

/** `Core`, `RbacAuthorization`: the group as operation ids name it. */
function groupTitle(group: string): string {
  if (group === "") return "Core"
  return group
    .replace(/\.k8s\.io$/, "")
    .split(".")
    .map(capitalised)
    .join("")
}

export function tagOf({ group, version }: Pick<AnyResource, "group" | "version">): string {
  const title = groupTitle(group)
  return `${title.slice(0, 1).toLowerCase()}${title.slice(1)}_${version}`
}

export function operationsOf(resource: AnyResource, known: readonly AnyResource[]): readonly Operation[] {
  const maker = new OperationMaker(resource)
  return [
    ...maker.collection(),
    ...maker.item(),
    ...maker.watches(),
    ...[...resource.subresources].flatMap(([name, subresource]) => maker.subresource(name, subresource, known)),
  ]
}

const isCustom = ({ struct }: AnyResource): boolean => struct.form !== undefined

interface Shape {
  readonly query?: readonly Parameter[]
  readonly body?: Operation["body"]
  readonly answers?: readonly number[]
  readonly answer?: string | undefined
  readonly mediaTypes?: readonly string[]
  readonly gvk?: GroupVersionKind
}

class OperationMaker {
  readonly #resource: AnyResource
  readonly #root: string
  readonly #scope: string
  /** `AppsV1` */
  readonly #title: string
  readonly #named: string
  readonly #types: MediaTypes

  constructor(resource: AnyResource) {
    this.#resource = resource
    this.#types = isCustom(resource) ? CUSTOM_TYPES : BUILTIN_TYPES
    this.#root = rootPath(resource)
    this.#scope = resource.namespaced ? "/namespaces/{namespace}" : ""
    this.#title = `${groupTitle(resource.group)}${capitalised(resource.version)}`
    this.#named = `${resource.namespaced ? "Namespaced" : ""}${resource.kind}`
  }

  collection(): readonly Operation[] {
    const { kind, namespaced, plural, verbs } = this.#resource
    const path = `${this.#root}${this.#scope}/${plural}`
    const found: Operation[] = []
    const list = { query: LIST, answer: listDefinition(this.#resource), mediaTypes: this.#types.list }
    if (verbs.includes("list")) {
      const id = `list${this.#title}${this.#named}`
      found.push(this.#operation(path, "get", id, "list", `list objects of kind ${kind}`, list))
    }
    if (verbs.includes("create")) {
      const id = `create${this.#title}${this.#named}`
      const shape = { query: WRITE, body: this.#objectBody(), answers: CREATE_ANSWERS }
      found.push(this.#operation(path, "post", id, "post", `create an object of kind ${kind}`, shape))
    }
    if (verbs.includes("deletecollection")) {
      const id = `delete${this.#title}Collection${this.#named}`
      const doc = `delete all objects of kind ${kind}`
      found.push(
        this.#operation(path, "delete", id, "deletecollection", doc, deleteShape(DELETE_COLLECTION, [200], STATUS)),
      )
    }
    if (verbs.includes("list") && namespaced) {
      const id = `list${this.#title}${kind}ForAllNamespaces`
      const doc = `list objects of kind ${kind} of all namespaces`
      found.push(this.#operation(`${this.#root}/${plural}`, "get", id, "list", doc, list))
    }
    return found
  }

  item(): readonly Operation[] {
    const { kind, plural, verbs } = this.#resource
    const path = `${this.#root}${this.#scope}/${plural}/{name}`
    const name = `${this.#title}${this.#named}`
    const found = this.#readAndWrite(path, name, `an object of kind ${kind}`, new Set<string>(verbs), {})
    if (!verbs.includes("delete")) return found
    const { strategy, struct } = this.#resource
    const shape = deleteShape(DELETE, DELETE_ANSWERS, strategy.returnsDeleted ? struct.name : STATUS)
    return [
      ...found,
      this.#operation(path, "delete", `delete${name}`, "delete", `delete an object of kind ${kind}`, shape),
    ]
  }

  #readAndWrite(
    path: string,
    name: string,
    what: string,
    verbs: ReadonlySet<string>,
    { answer, gvk }: Pick<Shape, "answer" | "gvk">,
  ): readonly Operation[] {
    const object = answer ?? this.#resource.struct.name
    const shape = { answer: object, ...(gvk === undefined ? {} : { gvk }) }
    const body = { definition: object, mediaTypes: this.#types.body, required: true }
    const patch = { definition: PATCH, mediaTypes: this.#types.patch, required: true }
    const found: Operation[] = []
    if (verbs.has("get")) {
      found.push(this.#operation(path, "get", `read${name}`, "get", `read ${what}`, { ...shape, query: READ }))
    }
    if (verbs.has("update")) {
      const put = { ...shape, query: WRITE, body, answers: WRITE_ANSWERS }
      found.push(this.#operation(path, "put", `replace${name}`, "put", `replace ${what}`, put))
    }
    if (verbs.has("patch")) {
      const change = { ...shape, query: PATCH_WRITE, body: patch, answers: WRITE_ANSWERS }
      found.push(this.#operation(path, "patch", `patch${name}`, "patch", `change parts of ${what}`, change))
    }
    return found
  }

  watches(): readonly Operation[] {
    const { kind, namespaced, plural, verbs } = this.#resource
    // Kubernetes does not list those of custom resources.
    if (!verbs.includes("watch") || isCustom(this.#resource)) return []
    const base = `${this.#root}/watch${this.#scope}/${plural}`
    const shape = { query: LIST, answer: `${META}.WatchEvent`, mediaTypes: LIST_TYPES }
    const id = `watch${this.#title}${this.#named}`
    const doc = `watch objects of kind ${kind}. Deprecated: list with the watch parameter instead.`
    const one = this.#operation(`${base}/{name}`, "get", id, "watch", doc, shape)
    const all = this.#operation(base, "get", `${id}List`, "watchlist", doc, shape)
    if (!namespaced) return [one, all]
    const everywhere = `watch${this.#title}${kind}ListForAllNamespaces`
    return [one, all, this.#operation(`${this.#root}/watch/${plural}`, "get", everywhere, "watchlist", doc, shape)]
  }

  subresource(name: string, subresource: Subresource, known: readonly AnyResource[]): readonly Operation[] {
    const { kind, plural, group, version } = this.#resource
    const path = `${this.#root}${this.#scope}/${plural}/{name}/${name}`
    const suffix = `${this.#title}${this.#named}${capitalised(name)}`
    const gvk = gvkOf({
      group: subresource.group ?? group,
      version: subresource.version ?? version,
      kind: subresource.kind ?? kind,
    })
    if (gvk.kind.endsWith("Options")) return this.#connections(path, name, subresource, gvk)
    const what = `the ${name} of an object of kind ${kind}`
    if (name === "log") {
      const query = SUBRESOURCE_QUERY.get(`${plural}/log`) ?? []
      const shape = { query, answer: undefined, mediaTypes: ["text/plain", ...OBJECT_TYPES], gvk }
      return [this.#operation(path, "get", `read${suffix}`, "get", `read ${what}`, shape)]
    }
    const target = subresource.kind === undefined ? this.#resource.struct.name : definitionOf(gvk, known)
    // Its kind is served by nobody, so there is no definition to refer to.
    if (target === undefined) return []
    const found = this.#readAndWrite(path, suffix, what, new Set<string>(subresource.verbs), { answer: target, gvk })
    if (!subresource.verbs.includes("create")) return found
    const body = { definition: target, mediaTypes: ANY_TYPE, required: true }
    const shape = { query: WRITE, body, answers: CREATE_ANSWERS, answer: target, gvk }
    return [...found, this.#operation(path, "post", `create${suffix}`, "post", `create ${what}`, shape)]
  }

  /** Subresources that pass a connection on to the node. */
  #connections(path: string, name: string, { verbs }: Subresource, gvk: GroupVersionKind): readonly Operation[] {
    const { kind, plural } = this.#resource
    const methods: readonly Method[] = verbs.includes("patch")
      ? ["get", "put", "post", "delete", "patch", "options", "head"]
      : ["get", "post"]
    const make = (at: string, ending: string) =>
      methods.map((method) => {
        const id = `connect${this.#title}${capitalised(method)}${this.#named}${capitalised(name)}${ending}`
        const doc = `connect ${method.toUpperCase()} requests to the ${name} of an object of kind ${kind}`
        const query = SUBRESOURCE_QUERY.get(`${plural}/${name}`) ?? []
        return this.#operation(at, method, id, "connect", doc, { query, answer: undefined, mediaTypes: ANY_TYPE, gvk })
      })
    return name === "proxy" ? [...make(path, ""), ...make(`${path}/{path}`, "WithPath")] : make(path, "")
  }

  #objectBody(): Operation["body"] {
    return { definition: this.#resource.struct.name, mediaTypes: this.#types.body, required: true }
  }

  #operation(path: string, method: Method, id: string, action: string, doc: string, shape: Shape): Operation {
    const answer = "answer" in shape ? shape.answer : this.#resource.struct.name
    return {
      path,
      method,
      id,
      doc,
      action,
      tag: tagOf(this.#resource),
      gvk: shape.gvk ?? gvkOf(this.#resource),
      query: shape.query ?? [],
      ...(shape.body === undefined ? {} : { body: shape.body }),
      mediaTypes: shape.mediaTypes ?? this.#types.object,
      answers: new Map((shape.answers ?? READ_ANSWERS).map((code) => [code, answer])),
    }
  }
}

function deleteShape(query: readonly Parameter[], answers: readonly number[], answer: string): Shape {
  const body = { definition: `${META}.DeleteOptions`, mediaTypes: ANY_TYPE, required: false }
  return { query, body, answers, answer }
}

function definitionOf(gvk: GroupVersionKind, known: readonly AnyResource[]): string | undefined {
  return known.find(({ group, version, kind }) => group === gvk.group && version === gvk.version && kind === gvk.kind)
    ?.struct.name
}

/** What a group version says about itself. */
export function discoveryOperation(resource: Pick<AnyResource, "group" | "version" | "apiVersion">): Operation {
  return {
    path: `${rootPath(resource)}/`,
    method: "get",
    id: `get${groupTitle(resource.group)}${capitalised(resource.version)}APIResources`,
    doc: "list the resources of this group and version",
    tag: tagOf(resource),
    query: [],
    mediaTypes: OBJECT_TYPES,
    answers: new Map([[200, `${META}.APIResourceList`]]),
  }
}
