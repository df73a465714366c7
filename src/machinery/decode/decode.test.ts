import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { parseJson } from "../json/parse.ts"
import * as f from "../schema/fields.ts"
import { type AnyStruct } from "../schema/schema.ts"
import { DecodeError, decode, decodeValue } from "./decode.ts"
import { diagnose } from "./diagnose.ts"

const doc = { doc: "" }
const Port = f.struct("io.k8s.api.core.v1.ContainerPort", {
  containerPort: f.int32(1, { ...doc, required: true }),
  protocol: f.string(2, doc),
})
const Handler = f.struct("io.k8s.api.core.v1.ProbeHandler", { command: f.list(1, "string", doc) })
const Container = f.struct("io.k8s.api.core.v1.Container", {
  name: f.string(1, { ...doc, required: true }),
  ports: f.list(2, Port, doc),
  limits: f.map(3, "quantity", doc),
  handler: f.inline(4, Handler),
  tty: f.bool(5, doc),
  nested: f.list(6, () => Tree, doc),
})
const Tree: AnyStruct = f.struct("io.k8s.api.core.v1.Tree", {
  name: f.string(1, doc),
  children: f.list(2, () => Tree, doc),
  data: f.map(3, "bytes", doc),
})
const PodSpec = f.struct("io.k8s.api.core.v1.PodSpec", {
  containers: f.list(2, Container, { ...doc, required: true }),
  grace: f.int64(4, { ...doc, pointer: true }),
  port: f.intOrString(5, doc),
  raw: f.rawExtension(6, doc),
  any: f.json(7, doc),
})
const Pod = f.struct("io.k8s.api.core.v1.Pod", {
  kind: f.string(0, doc),
  labels: f.map(1, "string", doc),
  created: f.time(8, doc),
  spec: f.message(2, PodSpec, { ...doc, always: true }),
  status: f.message(3, Tree, { ...doc, always: true }),
})

test("zero values follow the presence of their field", () => {
  const input = {
    status: { name: "" },
    kind: "Pod",
    labels: {},
    created: null,
    spec: { containers: [{ name: null, ports: [], tty: false, command: ["x"], ports2: 1 }], grace: 0 },
  }
  const expected = '{"kind":"Pod","spec":{"containers":[{"name":"","command":["x"]}],"grace":0},"status":{}}'
  assert.equal(JSON.stringify(decodeValue(Pod, input)), expected)
  assert.equal(JSON.stringify(decodeValue(Pod, {})), '{"spec":{"containers":[]},"status":{}}')
})

test("values become canonical and order does not matter", () => {
  const input =
    '{"spec":{"port":"http","containers":[{"limits":{"cpu":0.5,"memory":"1024Mi"},"name":"a"}]},"created":"2026-01-01T01:00:00.5+01:00"}'
  assert.equal(
    JSON.stringify(decode(Pod, parseJson(input)).object),
    '{"created":"2026-01-01T00:00:00Z","spec":{"containers":[{"name":"a","limits":{"cpu":"500m","memory":"1Gi"}}],"port":"http"},"status":{}}',
  )
})

test("unknown and repeated fields are reported with Kubernetes' words", () => {
  const body =
    '{"spec":{"containers":[{"name":"a","ports":[{"x":1}]}],"foo":1,"foo":2,"any":{"x":1}},"labels":{"x":"y"}}'
  assert.deepEqual(decode(Pod, parseJson(body), "Warn").warnings, [
    'unknown field "spec.containers[0].ports[0].x"',
    'unknown field "spec.foo"',
    'duplicate field "spec.foo"',
  ])
  assert.throws(
    () => decode(Pod, parseJson('{"spec":{"foo":1}}'), "Strict"),
    (error: Error) => (assert.equal(error.message, 'strict decoding error: unknown field "spec.foo"'), true),
  )
  assert.deepEqual(decode(Pod, parseJson(body), "Ignore").warnings, [])
})

test("values of the wrong type get Go's message", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '{"spec":{"containers":"x"}}',
      "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container",
    ],
    [
      '{"spec":{"containers":[{"name":1}]}}',
      "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string",
    ],
    [
      '{"spec":{"containers":[{"command":[true]}]}}',
      "json: cannot unmarshal bool into Go struct field Container.spec.containers.command of type string",
    ],
    [
      '{"spec":{"containers":[{"ports":[{"containerPort":1.5}]}]}}',
      "json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
    ],
    ['{"labels":{"a":{}}}', "json: cannot unmarshal object into Go struct field Pod.labels of type string"],
    [
      '{"spec":{"containers":[{"limits":{"cpu":"x"}}]}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ["[]", "json: cannot unmarshal array into Go value of type v1.Pod"],
    ['{"spec":{"port":true}}', "json: cannot unmarshal bool into Go value of type int32"],
    ['{"status":{"data":{"k":"a!=="}}}', "illegal base64 data at input byte 1"],
  ]
  for (const [body, message] of cases) {
    assert.throws(
      () => decode(Pod, parseJson(body)),
      (error: Error) => (assert.ok(error instanceof DecodeError), assert.equal(error.message, message), true),
      body,
    )
  }
})

test("maps have no prototype and take any key", () => {
  const { object } = decode(Pod, parseJson('{"labels":{"__proto__":"x","constructor":"y","toString":"z"}}'))
  const labels = (object as { labels: object }).labels
  assert.equal(Object.getPrototypeOf(labels), null)
  assert.equal(JSON.stringify(labels), '{"__proto__":"x","constructor":"y","toString":"z"}')
})

test("integers of 64 bits survive", () => {
  const { object } = decode(Pod, parseJson('{"spec":{"grace":9223372036854775807}}'))
  assert.match(JSON.stringify(object), /"grace":9223372036854775807/)
})

test("decoding twice changes nothing, and the slow walk agrees with the fast one", () => {
  const tree = fc.letrec((tie) => ({
    tree: fc.record(
      {
        name: fc.oneof(fc.string(), fc.constant(null), fc.integer()),
        children: fc.array(tie("tree"), { maxLength: 3 }),
        data: fc.dictionary(fc.string(), fc.constantFrom("", "YQ==", "YR==", "x")),
        extra: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  })).tree
  fc.assert(
    fc.property(tree, (value) => {
      let first: unknown
      try {
        first = decodeValue(Tree, value)
      } catch (error) {
        assert.ok(error instanceof DecodeError)
        assert.notEqual(diagnose(Tree, value).mismatch, undefined)
        return
      }
      assert.equal(diagnose(Tree, value).mismatch, undefined)
      assert.equal(JSON.stringify(decodeValue(Tree, first)), JSON.stringify(first))
    }),
  )
})
