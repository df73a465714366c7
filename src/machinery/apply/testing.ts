import { ObjectMeta } from "../meta/object-meta.ts"
import * as f from "../schema/fields.ts"
import { reachWithout } from "./reach.ts"

/** A kind like Deployment, with every kind of list and map, for the tests of this folder. */

const doc = { doc: "" }
const Port = f.struct("x.v1.Port", {
  port: f.int32(1, { ...doc, required: true }),
  protocol: f.string(2, { ...doc, default: "TCP" }),
  name: f.string(3, doc),
})
const Container = f.struct("x.v1.Container", {
  name: f.string(1, { ...doc, required: true }),
  image: f.string(2, doc),
  args: f.list(3, "string", { ...doc, listType: "atomic" }),
  ports: f.list(4, Port, { ...doc, listType: "map", mapKeys: ["port", "protocol"] }),
  limits: f.map(5, "quantity", doc),
})
const Volume = f.struct("x.v1.Volume", { name: f.string(1, doc), path: f.string(2, doc) })
const Selector = f.struct("x.v1.Selector", { matchLabels: f.map(1, "string", doc) }, { mapType: "atomic" })
const Strategy = f.struct("x.v1.Strategy", { type: f.string(1, doc), surge: f.intOrString(2, doc) })
const Spec = f.struct("x.v1.Spec", {
  replicas: f.int32(1, { ...doc, pointer: true, default: 1 }),
  selector: f.message(2, Selector, doc),
  containers: f.list(3, Container, { ...doc, required: true, listType: "map", mapKeys: ["name"] }),
  strategy: f.message(4, Strategy, doc),
  hosts: f.list(5, "string", { ...doc, listType: "set" }),
  nodeSelector: f.map(6, "string", { ...doc, mapType: "atomic" }),
  paused: f.bool(7, doc),
  raw: f.rawExtension(8, doc),
  volumes: f.list(9, Volume, { ...doc, listType: "map", mapKeys: ["name"] }),
})
const Status = f.struct("x.v1.Status", { ready: f.int32(1, doc) })

export const App = f.struct("x.v1.App", {
  kind: f.string(0, doc),
  apiVersion: f.string(0, doc),
  metadata: f.message(1, ObjectMeta, { ...doc, always: true }),
  spec: f.message(2, Spec, { ...doc, always: true }),
  status: f.message(3, Status, { ...doc, always: true }),
})

/** Of the object itself, and of its status. */
export const REACH = reachWithout(["status"])
export const REACH_OF_STATUS = reachWithout(["spec"])

export const TYPE = { apiVersion: "apps/v1", kind: "App" }
export const app = (spec: object, metadata: object = {}) => ({
  ...TYPE,
  metadata: { name: "web", namespace: "default", ...metadata },
  spec,
})
export const T1 = "2026-01-01T00:00:01Z"
export const T2 = "2026-01-01T00:00:02Z"
export const T3 = "2026-01-01T00:00:03Z"
