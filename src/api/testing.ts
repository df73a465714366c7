import assert from "node:assert/strict"
import { globSync } from "node:fs"
import { test } from "node:test"
import { decodeValue } from "../machinery/decode/decode.ts"
import { applyDefaults } from "../machinery/defaulting/apply-defaults.ts"
import { formatFieldError } from "../machinery/field/error.ts"
import { isObject } from "../machinery/patch/structure.ts"
import type { AnyResource, Column, ObjectOf, Resource, WriteContext } from "../machinery/schema/resource.ts"
import type { AnyStruct, Draft } from "../machinery/schema/schema.ts"
import { validateStruct } from "../machinery/validation/validate-struct.ts"
import { validateUpdate } from "../machinery/validation/validate-update.ts"

/** What the API server does with a manifest of a kind, without a server: for tests of kinds. */

export const testContext: WriteContext = {
  user: {
    name: "jane",
    uid: "u-1",
    groups: ["devs", "system:authenticated"],
    extra: new Map([["example.com/team", ["a", "b"]]]),
  },
  now: "2026-01-01T00:00:00Z",
}

/** After decoding and defaulting. */
export function defaulted<R extends Resource<unknown, unknown>>(resource: R, manifest: object): Draft<ObjectOf<R>> {
  const { apiVersion, kind } = resource
  const draft = decodeValue(resource.struct, { apiVersion, kind, ...manifest })
  return applyDefaults(resource.struct, draft) as Draft<ObjectOf<R>>
}

/** What is wrong with a new object, but for its metadata. */
export function createErrors(resource: AnyResource, manifest: object): readonly string[] {
  const { strategy, struct } = resource
  const object = defaulted(resource, manifest) as never
  strategy.prepareCreate?.(object, testContext)
  return [
    ...validateStruct(struct, object),
    ...(strategy.validate?.(object) ?? []),
    ...(strategy.validateCreate?.(object) ?? []),
  ].map(formatFieldError)
}

/** What is wrong with a change of an object, but for its metadata. */
export function updateErrors(resource: AnyResource, before: object, after: object): readonly string[] {
  const { strategy, struct } = resource
  const [old, object] = [defaulted(resource, before) as never, defaulted(resource, after) as never]
  strategy.prepareUpdate?.(object, old, testContext)
  return [
    ...validateStruct(struct, object),
    ...validateUpdate(struct, object, old),
    ...(strategy.validate?.(object) ?? []),
    ...(strategy.validateUpdate?.(object, old) ?? []),
  ].map(formatFieldError)
}

/** What is wrong with a change of an object's status, but for its metadata. */
export function statusErrors(resource: AnyResource, before: object, after: object): readonly string[] {
  const { strategy } = resource
  const [old, object] = [defaulted(resource, before) as never, defaulted(resource, after) as never]
  strategy.prepareStatusUpdate?.(object, old, testContext)
  return (strategy.validateStatusUpdate?.(object, old) ?? []).map(formatFieldError)
}

/** Everything that the files of this folder and `machinery/meta` describe, listed or not. */
export async function everythingDescribed(): Promise<{
  readonly resources: readonly AnyResource[]
  readonly structs: readonly AnyStruct[]
}> {
  const here = import.meta.dirname
  const files = globSync(["**/*.ts", "../machinery/meta/*.ts"], { cwd: here }).filter(
    (file) => !file.endsWith(".test.ts") && file !== "testing.ts",
  )
  const modules = await Promise.all(files.map((file) => import(`${here}/${file}`)))
  const values = new Set(modules.flatMap((module) => Object.values(module as object) as unknown[]))
  const resources = [...values].filter((value): value is AnyResource => isObject(value) && "listKind" in value)
  const structs = [...values].filter((value): value is AnyStruct => isObject(value) && value["type"] === "struct")
  return { resources, structs }
}

/** A row of `kubectl get -o wide`, without the name. */
export interface RowCase {
  readonly name: string
  readonly resource: AnyResource
  /** The object is an hour old, at midnight of the first day of 2026. */
  readonly manifest: Readonly<Record<string, unknown>> & { readonly metadata?: object }
  /** With underscores for blanks. */
  readonly headers: string
  readonly cells: readonly (string | number | boolean)[]
}

const NOW_MS = Date.parse("2026-01-01T01:00:00Z")
const creationTimestamp = "2026-01-01T00:00:00Z"

export function testRows(rows: readonly RowCase[]): void {
  for (const { name, resource, manifest, headers, cells } of rows) {
    const columns = resource.columns as readonly unknown[] as readonly Column<unknown>[]
    test(`a row: ${name}`, () => {
      assert.equal(columns.map((column) => column.name.replaceAll(" ", "_")).join(" "), headers)
      const metadata = { name: "x", creationTimestamp, ...manifest.metadata }
      const object = defaulted(resource, { ...manifest, metadata })
      assert.deepEqual(
        columns.map((column) => column.value(object, NOW_MS)),
        cells,
      )
    })
  }
}
