import type { JsonSchema } from "../../machinery/openapi/dialect.ts"
import { openapiV2 } from "../../machinery/openapi/v2.ts"
import { encodeOpenapiV2 } from "../../machinery/openapi/v2-protobuf.ts"
import type { JsonObject } from "../../machinery/patch/structure.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { servedGroups } from "../served/groups.ts"
import type { ServedGroupVersion } from "../served/served-resources.ts"
import { mergeSwagger, type SwaggerPart } from "./merge.ts"

/**
 * The one document of version 2, put together from parts. A part is made again only when its group and version changed,
 * and so is its text; a thousand custom resources are megabytes.
 */
export class Version2 {
  readonly #known: readonly AnyResource[]
  readonly #builtin: readonly AnyResource[]
  readonly #gitVersion: string
  readonly #parts = new WeakMap<ServedGroupVersion, SwaggerPart>()
  /** By path or definition. */
  readonly #texts = new WeakMap<object, string>()
  readonly #encoded = new WeakMap<object, Uint8Array>()
  #document: JsonSchema | undefined

  constructor(builtin: readonly AnyResource[], known: readonly AnyResource[], gitVersion: string) {
    this.#builtin = builtin
    this.#known = known
    this.#gitVersion = gitVersion
  }

  /** Makes what is missing of `all`, with pauses in which the server can do something else. */
  async prepare(all: readonly ServedGroupVersion[], pause: () => Promise<void>): Promise<void> {
    for (const served of all) {
      if (this.#parts.has(served) || !served.resources.some(isCustom)) continue
      const { paths, definitions } = this.#partOf(served)
      for (const value of [...Object.values(paths), ...Object.values(definitions)]) this.#textOf(value)
      await pause()
    }
  }

  json(all: readonly ServedGroupVersion[]): Uint8Array {
    const { paths, definitions, ...rest } = this.#merged(all)
    const members = Object.entries(rest).map(([name, value]) => [name, JSON.stringify(value)] as const)
    const texts = new Map([
      ...members,
      ["paths", this.#object(paths as JsonObject)] as const,
      ["definitions", this.#object(definitions as JsonObject)] as const,
    ])
    const order = ["swagger", "info", "paths", "definitions", "parameters", "securityDefinitions", "security"]
    return Buffer.from(`{${order.map((name) => `"${name}":${texts.get(name)}`).join(",")}}`)
  }

  /** Messages that follow each other are one message with the members of all. */
  protobuf(all: readonly ServedGroupVersion[]): Uint8Array {
    const { paths, definitions, ...rest } = this.#merged(all)
    const pieces = [encodeOpenapiV2({ ...rest, paths: {}, definitions: {} })]
    const sections = [
      ["paths", paths as JsonObject],
      ["definitions", definitions as JsonObject],
    ] as const
    for (const [section, values] of sections) {
      for (const [name, value] of Object.entries(values)) {
        const make = () => encodeOpenapiV2({ [section]: { [name]: value }, security: [] })
        pieces.push(this.#encoded.getOrInsertComputed(value as object, make))
      }
    }
    return Buffer.concat(pieces)
  }

  #object(values: JsonObject): string {
    const names = Object.keys(values).sort()
    return `{${names.map((name) => `${JSON.stringify(name)}:${this.#textOf(values[name])}`).join(",")}}`
  }

  #textOf(value: unknown): string {
    return this.#texts.getOrInsertComputed(value as object, () => JSON.stringify(value))
  }

  #partOf(served: ServedGroupVersion): SwaggerPart {
    return this.#parts.getOrInsertComputed(served, () => {
      const own = openapiV2(served.resources.filter(isCustom), this.#known) as unknown as SwaggerPart
      const isOwn = ([name]: [string, unknown]) => !Object.hasOwn(this.#base["definitions"] as object, name)
      const definitions = Object.fromEntries(Object.entries(own.definitions).filter(isOwn))
      return { paths: own.paths, definitions, parameters: own.parameters }
    })
  }

  get #base(): JsonSchema {
    return (this.#document ??= openapiV2(this.#builtin, this.#known, this.#gitVersion))
  }

  #merged(all: readonly ServedGroupVersion[]): JsonSchema {
    const own = all.filter(({ resources }) => resources.some(isCustom)).map((served) => this.#partOf(served))
    const base = this.#base
    const join = (section: "paths" | "definitions" | "parameters") =>
      Object.assign({}, ...own.map((part) => part[section]), base[section]) as JsonObject
    const document = {
      ...base,
      paths: join("paths"),
      definitions: join("definitions"),
      parameters: join("parameters"),
    }
    // In the order in which clients should prefer them.
    const inOrder = servedGroups(all.filter(({ foreign }) => foreign?.openapiV2 !== undefined))
    const parts = inOrder.flatMap(({ versions }) => versions.flatMap(({ foreign }) => foreign?.openapiV2 ?? []))
    return parts.length === 0 ? document : mergeSwagger(document, parts)
  }
}

const isCustom = ({ struct }: AnyResource): boolean => struct.form !== undefined
