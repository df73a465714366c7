import assert from "node:assert/strict"
import { test } from "node:test"
import { ObjectMeta } from "../meta/object-meta.ts"
import { decodeMessage } from "../protobuf/envelope.ts"
import * as f from "../schema/fields.ts"
import { defineResource } from "../schema/resource.ts"
import type { AnyStruct } from "../schema/schema.ts"
import type { JsonSchema } from "./dialect.ts"
import { Document } from "./gnostic-document.ts"
import { openapiV2 } from "./v2.ts"
import { encodeOpenapiV2 } from "./v2-protobuf.ts"
import { openapiV3 } from "./v3.ts"

const Tree: AnyStruct = f.struct("x.v1.Tree", { children: f.list(1, () => Tree, { doc: "", listType: "atomic" }) })
const Port = f.struct("x.v1.Port", { port: f.int32(1, { doc: "The number.", required: true, min: 1, max: 65535 }) })
const Spec = f.struct(
  "x.v1.Spec",
  {
    mode: f.string(1, { doc: "How fast.", enum: ["Slow", "Fast"], default: "Slow" }),
    ports: f.list(2, Port, {
      doc: "Where it listens.",
      listType: "map",
      mapKeys: ["port"],
      patchStrategy: "merge",
      mergeKey: "port",
      minItems: 1,
    }),
    size: f.quantity(3, { doc: "" }),
    labels: f.map(4, "string", { doc: "", mapType: "atomic" }),
    tree: f.message(5, Tree, { doc: "All of it.", deprecated: "use ports" }),
    data: f.map(6, "bytes", { doc: "" }),
    a: f.string(7, { doc: "", pointer: true }),
  },
  { mapType: "atomic", unions: [{ members: ["a"], discriminator: "mode", published: true }] },
)
const App = defineResource({
  group: "apps.example.com",
  version: "v1",
  kind: "App",
  plural: "apps",
  doc: "An application.",
  definition: "x.v1.App",
  fields: { spec: f.message(2, Spec, { doc: "What it is.", always: true }) },
  subresources: {
    status: { verbs: ["get", "update", "patch"] },
    scale: { verbs: ["get", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    exec: { verbs: ["create", "get"], kind: "AppExecOptions" },
    missing: { verbs: ["create"], kind: "Nothing" },
  },
})
const Scale = defineResource({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  doc: "",
  definition: "x.v1.Scale",
  fields: {},
})
const Cluster = defineResource({
  group: "",
  version: "v1",
  kind: "Cluster",
  plural: "clusters",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "x.v1.Cluster",
  fields: {},
})

const v3 = openapiV3([App], [App, Scale])
const v2 = openapiV2([App, Cluster], [App, Cluster, Scale])
const schemas = (v3["components"] as { schemas: JsonSchema }).schemas
const definitions = v2["definitions"] as JsonSchema
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

test("a struct's schema says all that its fields do", () => {
  assert.deepEqual(schemas["x.v1.Spec"], {
    properties: {
      a: { type: "string" },
      data: { additionalProperties: { type: "string", format: "byte" }, type: "object" },
      labels: { additionalProperties: { type: "string" }, type: "object", "x-kubernetes-map-type": "atomic" },
      mode: { type: "string", description: "How fast.", default: "Slow", enum: ["Fast", "Slow"] },
      ports: {
        items: ref("x.v1.Port"),
        type: "array",
        description: "Where it listens.",
        minItems: 1,
        "x-kubernetes-list-map-keys": ["port"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "port",
        "x-kubernetes-patch-strategy": "merge",
      },
      size: ref("io.k8s.apimachinery.pkg.api.resource.Quantity"),
      tree: { allOf: [ref("x.v1.Tree")], description: "All of it. Deprecated: use ports" },
    },
    type: "object",
    "x-kubernetes-map-type": "atomic",
    "x-kubernetes-unions": [{ discriminator: "mode", "fields-to-discriminateBy": { a: "A" } }],
  })
  assert.deepEqual(schemas["x.v1.Port"], {
    properties: {
      port: { type: "integer", format: "int32", description: "The number.", default: 0, minimum: 1, maximum: 65535 },
    },
    required: ["port"],
    type: "object",
  })
})

test("version 2 has neither defaults nor bounds, and describes beside references", () => {
  const { mode, tree, ports } = (definitions["x.v1.Spec"] as { properties: { [name: string]: JsonSchema } }).properties
  assert.deepEqual(mode, { type: "string", description: "How fast." })
  assert.deepEqual(tree, { $ref: "#/definitions/x.v1.Tree", description: "All of it. Deprecated: use ports" })
  assert.equal(ports?.["minItems"], undefined)
})

test("a kind's definitions name it", () => {
  const gvk = (schema: unknown) => (schema as JsonSchema)["x-kubernetes-group-version-kind"]
  const app = { group: "apps.example.com", kind: "App", version: "v1" }
  assert.deepEqual(gvk(schemas["x.v1.App"]), [app])
  assert.deepEqual(gvk(schemas["x.v1.AppList"]), [{ ...app, kind: "AppList" }])
  assert.deepEqual(gvk(definitions["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]), [
    { group: "", version: "v1", kind: "DeleteOptions" },
    { group: "apps.example.com", version: "v1", kind: "DeleteOptions" },
    { group: "autoscaling", version: "v1", kind: "DeleteOptions" },
  ])
  assert.ok(ObjectMeta.name in schemas)
})

test("every reference leads somewhere", () => {
  for (const [document, prefix, found] of [
    [v3, "#/components/schemas/", schemas],
    [v2, "#/definitions/", definitions],
  ] as const) {
    const used = new Set<string>()
    JSON.stringify(document, (key, value: unknown) => {
      if (key === "$ref" && typeof value === "string" && value.startsWith(prefix)) used.add(value.slice(prefix.length))
      return value
    })
    assert.deepEqual(
      [...used].filter((name) => !(name in found)),
      [],
    )
  }
})

type Described = { readonly operationId: string; readonly "x-kubernetes-action"?: string }

test("the paths are those that the API serves, with Kubernetes' operation ids", () => {
  const found = Object.entries(v3["paths"] as { [path: string]: { [method: string]: Described } }).flatMap(
    ([path, item]) =>
      Object.entries(item)
        .filter(([method]) => method !== "parameters")
        .map(([method, { operationId, "x-kubernetes-action": action = "" }]) =>
          [
            method,
            path.replace("/apis/apps.example.com/v1", ""),
            operationId.replace("AppsExampleComV1", "~"),
            action,
          ].join(" "),
        ),
  )
  assert.deepEqual(found, [
    "get / get~APIResources ",
    "get /apps list~AppForAllNamespaces list",
    "get /namespaces/{namespace}/apps list~NamespacedApp list",
    "post /namespaces/{namespace}/apps create~NamespacedApp post",
    "delete /namespaces/{namespace}/apps delete~CollectionNamespacedApp deletecollection",
    "get /namespaces/{namespace}/apps/{name} read~NamespacedApp get",
    "put /namespaces/{namespace}/apps/{name} replace~NamespacedApp put",
    "patch /namespaces/{namespace}/apps/{name} patch~NamespacedApp patch",
    "delete /namespaces/{namespace}/apps/{name} delete~NamespacedApp delete",
    "get /namespaces/{namespace}/apps/{name}/exec connect~GetNamespacedAppExec connect",
    "post /namespaces/{namespace}/apps/{name}/exec connect~PostNamespacedAppExec connect",
    "get /namespaces/{namespace}/apps/{name}/scale read~NamespacedAppScale get",
    "put /namespaces/{namespace}/apps/{name}/scale replace~NamespacedAppScale put",
    "get /namespaces/{namespace}/apps/{name}/status read~NamespacedAppStatus get",
    "put /namespaces/{namespace}/apps/{name}/status replace~NamespacedAppStatus put",
    "patch /namespaces/{namespace}/apps/{name}/status patch~NamespacedAppStatus patch",
    "get /watch/apps watch~AppListForAllNamespaces watchlist",
    "get /watch/namespaces/{namespace}/apps watch~NamespacedAppList watchlist",
    "get /watch/namespaces/{namespace}/apps/{name} watch~NamespacedApp watch",
  ])
})

test("a patch says that it can be a dry run, which is how kubectl finds out", () => {
  const paths = v3["paths"] as {
    [path: string]: { patch?: { parameters: { name: string; in: string }[] } & JsonSchema }
  }
  const { patch } = paths["/apis/apps.example.com/v1/namespaces/{namespace}/apps/{name}"] ?? {}
  const names = patch?.parameters.map((parameter) => `${parameter.in}:${parameter.name}`) ?? []
  assert.ok(names.includes("query:dryRun") && names.includes("query:fieldValidation"))
  assert.deepEqual(patch?.["x-kubernetes-group-version-kind"], {
    group: "apps.example.com",
    kind: "App",
    version: "v1",
  })
})

test("old clients find there, too, what can be a dry run", () => {
  const decoded = decodeMessage(Document, encodeOpenapiV2(v2)) as {
    paths: { path: { name: string; value: { patch?: { parameters: { parameter?: { nonBody?: JsonSchema } }[] } } }[] }
  }
  const path = decoded.paths.path.find(({ name }) => name.endsWith("/namespaces/{namespace}/apps/{name}"))
  const own = path?.value.patch?.parameters.map(({ parameter }) => parameter?.nonBody?.["query"] as JsonSchema) ?? []
  assert.ok(own.some((query) => query?.["name"] === "dryRun"))
})

test("gnostic's form has the same definitions and operations", () => {
  const decoded = decodeMessage(Document, encodeOpenapiV2(v2)) as {
    definitions: { additionalProperties: { name: string; value: JsonSchema }[] }
    paths: { path: { name: string; value: { get?: JsonSchema } }[] }
  }
  const names = decoded.definitions.additionalProperties.map(({ name }) => name)
  assert.deepEqual(names, Object.keys(definitions))
  assert.deepEqual(
    decoded.paths.path.map(({ name }) => name),
    Object.keys(v2["paths"] as object),
  )
  const port = decoded.definitions.additionalProperties.find(({ name }) => name === "x.v1.Port")?.value
  assert.deepEqual(JSON.parse(JSON.stringify(port)), {
    required: ["port"],
    type: { value: ["object"] },
    properties: {
      additionalProperties: [
        { name: "port", value: { format: "int32", description: "The number.", type: { value: ["integer"] } } },
      ],
    },
  })
  const app = decoded.definitions.additionalProperties.find(({ name }) => name === "x.v1.App")?.value
  assert.deepEqual(JSON.parse(JSON.stringify(app?.["vendorExtension"])), [
    {
      name: "x-kubernetes-group-version-kind",
      value: { yaml: '[{"group":"apps.example.com","kind":"App","version":"v1"}]\n' },
    },
  ])
})
