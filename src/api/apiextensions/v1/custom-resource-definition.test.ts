import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted, testContext, updateErrors } from "../../testing.ts"
import { CustomResourceDefinition } from "./custom-resource-definition.ts"

/** Messages and paths are those of Kubernetes 1.36, apiextensions-apiserver/pkg/apis/apiextensions/validation. */

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const schema = (openAPIV3Schema: object) => ({ openAPIV3Schema })
const v1 = { name: "v1", served: true, storage: true, schema: schema({ type: "object" }) }
const good = {
  group: "example.com",
  scope: "Namespaced",
  names: { plural: "tabs", kind: "Tab" },
  versions: [v1],
}
const described = (spec: object, name = "tabs.example.com") => ({ metadata: { name }, spec })

test("names, conversion and the stored version are filled in", () => {
  const { spec, status } = defaulted(CustomResourceDefinition, described(good))
  assert.deepEqual(plain(spec.names), { plural: "tabs", singular: "tab", kind: "Tab", listKind: "TabList" })
  assert.deepEqual(plain(spec.conversion), { strategy: "None" })
  assert.deepEqual(plain(status.storedVersions), ["v1"])
})

test("a version in which objects were stored stays known", () => {
  const after = {
    ...good,
    versions: [
      { ...v1, storage: false },
      { ...v1, name: "v2" },
    ],
  }
  const object = defaulted(CustomResourceDefinition, { ...described(after), status: { storedVersions: ["v1"] } })
  CustomResourceDefinition.strategy.prepareUpdate?.(object as never, object as never, testContext)
  assert.deepEqual(plain(object.status.storedVersions), ["v1", "v2"])
})

const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const SCHEMA = "spec.validation.openAPIV3Schema"
const form = (openAPIV3Schema: object) => ({ ...good, versions: [{ ...v1, schema: schema(openAPIV3Schema) }] })
const shown = JSON.stringify
const twice = [v1, v1]
/** A version as Kubernetes' own struct; what all versions share stands beside them. */
const inGo = {
  Name: "v1",
  Served: true,
  Storage: true,
  Deprecated: false,
  DeprecationWarning: null,
  Schema: null,
  Subresources: null,
  AdditionalPrinterColumns: null,
  SelectableFields: null,
}
const columns = [{ name: "", type: "text", jsonPath: "a" }]
const scale = { specReplicasPath: "spec.n", statusReplicasPath: ".spec.n", labelSelectorPath: ".a" }
const listOf = (items: object, keys: readonly string[]) => ({
  type: "object",
  properties: {
    a: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys, items },
  },
})
const A = `${SCHEMA}.properties[a]`

const cases: readonly { readonly name: string; readonly spec: object; readonly errors: readonly string[] }[] = [
  { name: "a good one", spec: good, errors: [] },
  {
    name: "what is missing",
    spec: { names: { plural: "tabs" }, versions: [] },
    errors: [
      "spec.group: Required value",
      "spec.scope: Required value",
      "spec.versions: Invalid value: []: must have exactly one version marked as storage version",
      "spec.names.singular: Required value",
      "spec.names.kind: Required value",
      "spec.names.listKind: Required value",
      "status.storedVersions: Invalid value: []: must have at least one stored version",
      'metadata.name: Invalid value: "tabs.example.com": must be spec.names.plural+"."+spec.group',
    ],
  },
  {
    name: "names",
    spec: { ...good, names: { plural: "tabs", kind: "9", listKind: "9", shortNames: ["T"], categories: ["all"] } },
    errors: [
      `spec.names.singular: Invalid value: "9": ${LABEL}`,
      `spec.names.kind: Invalid value: "9": may have mixed case, but should otherwise match: ${LABEL}`,
      `spec.names.listKind: Invalid value: "9": may have mixed case, but should otherwise match: ${LABEL}`,
      `spec.names.shortNames[0]: Invalid value: "T": ${LABEL}`,
      'spec.names.listKind: Invalid value: "9": kind and listKind may not be the same',
    ],
  },
  {
    name: "versions that are the same, and none with a form",
    spec: {
      ...good,
      versions: [
        { ...v1, schema: {} },
        { name: "V", served: true, storage: false },
      ],
    },
    errors: [
      "spec.versions[0].schema.openAPIV3Schema: Required value",
      "spec.versions[1].schema.openAPIV3Schema: Required value",
      `spec.versions[1].name: Invalid value: "V": ${LABEL}`,
    ],
  },
  {
    name: "two versions of one name",
    spec: { ...good, versions: twice },
    errors: [
      `spec.versions: Invalid value: ${shown([inGo, inGo])}: must contain unique version names`,
      `spec.versions: Invalid value: ${shown([inGo, inGo])}: must have exactly one version marked as storage version`,
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v1',
    ],
  },
  {
    name: "a warning for a version that is not deprecated",
    spec: { ...good, versions: [{ ...v1, deprecationWarning: "x" }] },
    errors: ['spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions'],
  },
  {
    name: "columns and the scale",
    spec: { ...good, versions: [{ ...v1, additionalPrinterColumns: columns, subresources: { scale } }] },
    errors: [
      'spec.subresources.scale.specReplicasPath: Invalid value: "spec.n": must be a simple json path starting with .',
      'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status',
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".a": should be a json path under either .spec or .status',
      "spec.additionalPrinterColumns[0].name: Required value",
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .',
    ],
  },
  {
    name: "conversion without a webhook",
    spec: { ...good, conversion: { strategy: "Webhook", webhook: { conversionReviewVersions: ["v9"] } } },
    errors: [
      "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ],
  },
  {
    name: "what forms may not say",
    spec: form({
      type: "object",
      nullable: true,
      properties: {
        metadata: { type: "object", default: {} },
        a: { type: "text", uniqueItems: true, id: "x", definitions: {}, items: [{ type: "string" }] },
        b: { type: "object", properties: { c: { type: "string" } }, additionalProperties: { type: "string" } },
        d: { type: "string", "x-kubernetes-map-type": "some", "x-kubernetes-preserve-unknown-fields": false },
      },
    }),
    errors: [
      `${SCHEMA}.nullable: Forbidden: nullable cannot be true at the root`,
      `${A}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      `${A}.id: Forbidden: id is not supported`,
      `${A}.items: Forbidden: items must be a schema object and not an array`,
      `${A}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      `${SCHEMA}.properties[b].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
      `${SCHEMA}.properties[d].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
      `${SCHEMA}.properties[d].type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`,
      `${SCHEMA}.properties[d].x-kubernetes-map-type: Unsupported value: "some": supported values: "atomic", "granular"`,
      `${SCHEMA}.properties[metadata].default: Forbidden: must not be set in top-level metadata`,
    ],
  },
  {
    name: "lists by key",
    spec: form(
      listOf({ type: "object", nullable: true, properties: { k: { type: "object", nullable: true } } }, ["k", "x"]),
    ),
    errors: [
      `${A}.items.properties[k].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map`,
      `${A}.x-kubernetes-list-map-keys: Invalid value: ["k","x"]: entries must all be names of item properties`,
      `${A}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map`,
      `${A}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      `${A}.items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable`,
    ],
  },
  {
    name: "rules",
    spec: form({
      type: "object",
      "x-kubernetes-validations": [
        { rule: " " },
        { rule: "true\n", message: "a\nb" },
        { rule: "a\nb", messageExpression: " ", reason: "Because", fieldPath: " " },
      ],
    }),
    errors: [
      `${SCHEMA}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
      `${SCHEMA}.x-kubernetes-validations[1].message: Invalid value: "a\\nb": must not contain line breaks`,
      `${SCHEMA}.x-kubernetes-validations[2].message: Required value: message must be specified if rule contains line breaks`,
      `${SCHEMA}.x-kubernetes-validations[2].messageExpression: Required value: messageExpression must be non-empty if specified`,
      `${SCHEMA}.x-kubernetes-validations[2].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
      `${SCHEMA}.x-kubernetes-validations[2].fieldPath: Invalid value: " ": must be non-empty if specified`,
      `${SCHEMA}.x-kubernetes-validations[2].fieldPath: Invalid value: " ": must be a valid path`,
    ],
  },
  {
    name: "a form that is not structural",
    spec: form({ type: "object", properties: { a: {}, b: { type: "array" } }, anyOf: [{ type: "object" }] }),
    errors: [
      `${SCHEMA}.anyOf[0].type: Forbidden: must be empty to be structural`,
      `${A}.type: Required value: must not be empty for specified object fields`,
      `${SCHEMA}.properties[b].items: Required value: must be specified`,
    ],
  },
  {
    name: "defaults that do not fit",
    spec: form({ type: "object", properties: { a: { type: "object", default: { z: 1 }, properties: {} } } }),
    errors: [`${A}.default: Invalid value: {"z":1}: must not have unknown fields`],
  },
  {
    name: "expressions that do not compile",
    spec: form({
      type: "object",
      properties: { a: { type: "integer", "x-kubernetes-validations": [{ rule: "self.b" }] } },
    }),
    errors: [
      `${A}.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection\n | self.b\n | ....^`,
    ],
  },
  {
    name: "fields to select by",
    spec: {
      ...good,
      versions: [
        {
          ...v1,
          schema: schema({
            type: "object",
            properties: { spec: { type: "object", properties: { a: { type: "string" }, n: { type: "number" } } } },
          }),
          selectableFields: [".spec.a", ".spec.n", ".spec.x", "a", ".spec[0]", ".spec.a", ""].map((jsonPath) => ({
            jsonPath,
          })),
        },
      ],
    },
    errors: [
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec.n": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[2].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[3].jsonPath: Invalid value: "a": is an invalid path: expected [ or . but got: a',
      'spec.selectableFields[4].jsonPath: Invalid value: ".spec[0]": is an invalid path: array notation is not allowed',
      'spec.selectableFields[5].jsonPath: Duplicate value: ".spec.a"',
      "spec.selectableFields[6].jsonPath: Required value",
    ],
  },
  {
    name: "unknown fields",
    spec: { ...good, preserveUnknownFields: true },
    errors: [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  },
]
for (const { name, spec, errors } of cases) {
  test(`definition: ${name}`, () => {
    assert.deepEqual(createErrors(CustomResourceDefinition, described(spec)), errors)
  })
}

test("groups of the Kubernetes project need its approval", () => {
  const approved = (annotations: object) =>
    createErrors(CustomResourceDefinition, {
      metadata: { name: "tabs.x.k8s.io", annotations },
      spec: { ...good, group: "x.k8s.io" },
    })
  const must = 'protected groups must have approval annotation "api-approved.kubernetes.io"'
  const see = "see https://github.com/kubernetes/enhancements/pull/1111"
  const at = "metadata.annotations[api-approved.kubernetes.io]"
  assert.deepEqual(approved({}), [`${at}: Required value: ${must}, ${see}`])
  assert.deepEqual(approved({ "api-approved.kubernetes.io": "yes" }), [
    `${at}: Invalid value: "yes": ${must} with either a URL or a reason starting with "unapproved", ${see}`,
  ])
  assert.deepEqual(approved({ "api-approved.kubernetes.io": "https://github.com/a/b/pull/1" }), [])
  assert.deepEqual(approved({ "api-approved.kubernetes.io": "unapproved, for a test" }), [])
})

test("group and plural never change; scope and kind not once objects can exist", () => {
  const status = { conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1"] }
  const after = { ...good, scope: "Cluster", names: { plural: "tubs", kind: "Tub" } }
  assert.deepEqual(
    updateErrors(CustomResourceDefinition, { ...described(good), status }, { ...described(after), status }),
    [
      'spec.scope: Invalid value: "Cluster": field is immutable',
      'spec.names.kind: Invalid value: "Tub": field is immutable',
      'spec.names.plural: Invalid value: "tubs": field is immutable',
    ],
  )
  const missing = updateErrors(
    CustomResourceDefinition,
    { ...described(good), status },
    { ...described({ ...good, versions: [{ ...v1, name: "v2" }] }), status: { storedVersions: ["v1", "v2"] } },
  )
  assert.deepEqual(missing, [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ])
})

test("formats that mean nothing get a warning, once", () => {
  const of = (format: string) =>
    form({ type: "object", properties: { a: { type: "string", format }, b: { type: "string", format } } })
  const warnings = (after: object, before?: object) =>
    CustomResourceDefinition.strategy.warnings?.(
      defaulted(CustomResourceDefinition, described(after)) as never,
      before && (defaulted(CustomResourceDefinition, described(before)) as never),
    )
  assert.deepEqual(warnings(of("nope")), ['unrecognized format "nope"'])
  assert.deepEqual(warnings(of("date-time")), [])
  assert.deepEqual(warnings(of("nope"), of("nope")), [])
})

test("once objects can exist, a webhook's certificates must be readable, unless they never were", () => {
  const status = { conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1"] }
  const withBundle = (caBundle?: string) => {
    const clientConfig = { url: "https://example.com/convert", ...(caBundle !== undefined && { caBundle }) }
    const webhook = { clientConfig, conversionReviewVersions: ["v1"] }
    return { ...described({ ...good, conversion: { strategy: "Webhook", webhook } }), status }
  }
  const bad = "Zm9v"
  assert.deepEqual(updateErrors(CustomResourceDefinition, withBundle(), withBundle(bad)), [
    'spec.conversion.webhookClientConfig.caBundle: Invalid value: "Zm9v": unable to load root certificates: unable to parse bytes as PEM block',
  ])
  assert.deepEqual(updateErrors(CustomResourceDefinition, withBundle(bad), withBundle(bad)), [])
})
