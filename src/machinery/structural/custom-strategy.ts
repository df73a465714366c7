import type { Clock } from "../../platform/clock.ts"
import { compileValidationRules, type ValidationRules } from "../cel/kubernetes/validation-rules.ts"
import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import type { ObjectMeta } from "../meta/object-meta.ts"
import { deepClone, type JsonObject } from "../patch/structure.ts"
import type { KubeObject, Strategy } from "../schema/resource.ts"
import type { Draft } from "../schema/schema.ts"
import { NO_OLD } from "./correlate.ts"
import { embeddedRule } from "./embedded-resources.ts"
import { finalizerWarnings } from "./finalizer-warnings.ts"
import { uniquenessRule } from "./repeated-entries.ts"
import { type ScalePaths, validateScaleStatus, validateSpecReplicas } from "./scale-paths.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { StructuralSchema } from "./structural-schema.ts"
import { compileValues } from "./validate-values.ts"
import { ValueReport } from "./value-report.ts"
import { compilePass, type PlaceRule } from "./walk.ts"

export interface CustomStrategyOptions {
  /** The schema as the definition has it: what values are validated by. */
  readonly source: SchemaSource | undefined
  /** The same, parsed; undefined when it is not structural. */
  readonly schema: StructuralSchema | undefined
  /** The paths of the scale subresource. */
  readonly scale?: ScalePaths
  /** By which CEL rules may take a limited time. Absent: cost alone limits them. */
  readonly clock?: Pick<Clock, "monotonicMs">
}

/** How a custom resource comes to be and changes: `strategy` of its `Resource`. */
export function customStrategy(options: CustomStrategyOptions): Strategy<KubeObject> {
  const validator = new CustomValidator(options)
  const inner = (object: KubeObject) => object as unknown as JsonObject
  return {
    generation: true,
    prepareStatusUpdate: keepMetadata,
    validateCreate: (object) => validator.create(inner(object)),
    validateUpdate: (object, old) => validator.update(inner(object), inner(old)),
    validateStatusUpdate: (object, old) => validator.statusUpdate(inner(object), inner(old)),
    warnings: (object, old) => [
      ...finalizerWarnings(object.metadata, old?.metadata),
      ...validator.tolerated(inner(object)),
    ],
  }
}

/** Who writes the status changes nothing else of the object; field ownership alone follows. */
function keepMetadata(object: Draft<KubeObject>, old: KubeObject): void {
  const { managedFields, resourceVersion } = object.metadata as Draft<ObjectMeta>
  const metadata = deepClone(old.metadata) as Draft<KubeObject>["metadata"]
  object.metadata = { ...metadata, resourceVersion: resourceVersion ?? metadata.resourceVersion }
  if (managedFields === undefined) delete (object.metadata as Draft<ObjectMeta>).managedFields
  else object.metadata.managedFields = managedFields
}

const ROOT = FieldPath.root()
/** Errors that leave CEL rules without a value they could work on. */
const BLOCKING: ReadonlySet<FieldError["type"]> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
])
const BLOCKED = field.invalid(
  "",
  undefined,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)

class CustomValidator {
  readonly #options: CustomStrategyOptions
  readonly #values: ReturnType<typeof compileValues>
  readonly #status: ReturnType<typeof compileValues> | undefined
  readonly #embedded: PlaceRule | undefined
  readonly #unique: PlaceRule | undefined
  readonly #tolerated = new WeakMap<JsonObject, readonly string[]>()
  #rules: ValidationRules | undefined | "unknown" = "unknown"

  constructor(options: CustomStrategyOptions) {
    const { source = {}, schema } = options
    const { properties = {} } = source
    const status = Object.hasOwn(properties, "status") ? properties["status"] : undefined
    this.#options = options
    this.#values = compileValues(source, { isRoot: true })
    this.#status = status && compileValues(status, { isRoot: true })
    this.#embedded = schema && compilePass(schema, embeddedRule)
    this.#unique = schema && compilePass(schema, uniquenessRule)
  }

  create(object: JsonObject): readonly FieldError[] {
    const report = new ValueReport()
    this.#values(object, undefined, report, NO_OLD)
    return this.#withRules([...this.#whole(report, object), ...run(this.#unique, object)], object, undefined)
  }

  update(object: JsonObject, old: JsonObject): readonly FieldError[] {
    const report = new ValueReport()
    this.#values(object, undefined, report, old)
    return this.#withRules([...this.#whole(report, object), ...this.#newRepeats(object, old)], object, old)
  }

  statusUpdate(object: JsonObject, old: JsonObject): readonly FieldError[] {
    const report = new ValueReport("status")
    const { status } = object
    if (status !== undefined) this.#status?.(status, undefined, report, old["status"] ?? NO_OLD)
    const { scale } = this.#options
    const scaleErrors = scale === undefined ? [] : validateScaleStatus(scale, object)
    return this.#withRules([...report.errors(), ...scaleErrors, ...this.#newRepeats(object, old)], object, old)
  }

  #whole(report: ValueReport, object: JsonObject): readonly FieldError[] {
    const { scale } = this.#options
    return [
      ...report.errors(),
      ...(scale === undefined ? [] : [...validateSpecReplicas(scale, object), ...validateScaleStatus(scale, object)]),
      ...run(this.#embedded, object),
    ]
  }

  /** Who had repeated items before may keep them. */
  #newRepeats(object: JsonObject, old: JsonObject): readonly FieldError[] {
    const errors = run(this.#unique, object)
    return errors.length > 0 && run(this.#unique, old).length > 0 ? [] : errors
  }

  /** Compiled on first use: a server has many definitions whose objects nobody writes. */
  #expressions(): ValidationRules | undefined {
    if (this.#rules === "unknown") {
      const { source, schema } = this.#options
      this.#rules = source && schema && compileValidationRules(source, schema)
    }
    return this.#rules
  }

  #withRules(errors: readonly FieldError[], object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
    const rules = this.#expressions()
    if (rules === undefined) return errors
    if (errors.some(({ type }) => BLOCKING.has(type))) return [...errors, BLOCKED]
    const { clock } = this.#options
    const tolerated: string[] = []
    const found = rules(object, old, { warn: (text) => tolerated.push(text), ...(clock && { clock }) })
    if (tolerated.length > 0) this.#tolerated.set(object, tolerated)
    return [...errors, ...found]
  }

  /** What rules find wrong with an object that was validated, and let pass because it was so before. */
  tolerated(object: JsonObject): readonly string[] {
    return this.#tolerated.get(object) ?? []
  }
}

function run(rule: PlaceRule | undefined, object: JsonObject): readonly FieldError[] {
  const errors: FieldError[] = []
  rule?.(object, ROOT, errors)
  return errors
}
