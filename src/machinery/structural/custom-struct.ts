import { ObjectMeta } from "../meta/object-meta.ts"
import { message, string, struct } from "../schema/fields.ts"
import type { ObjectForm } from "../schema/object-form.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { appliedProblems } from "./applied-problems.ts"
import { filler } from "./fill-in.ts"
import { customMergeType } from "./merge-types.ts"
import { pruneRoot } from "./prune.ts"
import { publish } from "./publish.ts"
import type { StructuralSchema } from "./structural-schema.ts"
import { diagnoseCustom } from "./unknown-members.ts"

export interface CustomKind {
  /** The OpenAPI definition name, see `customDefinitionName`. */
  readonly definition: string
  /** Undefined when there is none, or it is not structural: all members but the common ones are dropped. */
  readonly schema: StructuralSchema | undefined
  /** The version has a status subresource. */
  readonly hasStatus: boolean
}

/**
 * The struct of a custom resource: what decoding, defaulting, patches, server-side apply and OpenAPI need, all made from
 * the schema. Put it into a `Resource`, together with `customStrategy`.
 */
export function customStruct({ definition, schema, hasStatus }: CustomKind): AnyStruct {
  const common = struct(
    definition,
    {
      kind: string(0, { doc: "The kind of this object." }),
      apiVersion: string(0, { doc: "The API group and version of this object." }),
      metadata: message(1, ObjectMeta, { doc: "Name, labels and other data that every object has.", always: true }),
    },
    { doc: schema?.description ?? "" },
  )
  const form: ObjectForm = {
    decode: pruneRoot(schema),
    diagnose: (value) => diagnoseCustom(schema, value),
    fillIn: filler(schema),
    mergeType: customMergeType(schema),
    appliedProblems: (value) => appliedProblems(schema, value),
    hasStatus,
    publish: (dialect) => publish(dialect, schema),
  }
  return { ...(common as AnyStruct), form }
}

/** `com.example.stable.v1.CronTab` for group `stable.example.com`. */
export function customDefinitionName(group: string, version: string, kind: string): string {
  return [...group.split(".").toReversed(), version, kind].join(".")
}
