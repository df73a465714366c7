import { SCORE_MAX, type SchedulingPlugin } from "../framework.ts"

const MIB = 1024 * 1024
/** Less than this on a node does not count; more than the second figure per container counts as the full score. */
const LEAST_BYTES = 23 * MIB
const MOST_BYTES_PER_CONTAINER = 1000 * MIB

/** Prefers nodes that have the pod's images already, more so for images that many nodes have. */
export const imageLocality: SchedulingPlugin = {
  name: "ImageLocality",
  weight: 1,
  preScore: ({ spec }, cluster) => {
    const containers = [...(spec.initContainers ?? []), ...spec.containers]
    const volumes = (spec.volumes ?? []).flatMap(({ image }) => (image?.reference ? [image.reference] : []))
    const images = [...containers.map(({ image }) => image ?? ""), ...volumes].map(withTag)
    const mostBytes = MOST_BYTES_PER_CONTAINER * containers.length
    return {
      score: (node) => {
        const bytes = images.reduce((sum, image) => {
          const size = node.images.get(image) ?? 0
          return sum + Math.trunc((size * cluster.nodesWithImage(image)) / Math.max(1, cluster.nodes.size))
        }, 0)
        const bounded = Math.min(Math.max(bytes, LEAST_BYTES), mostBytes)
        return Math.trunc((SCORE_MAX * (bounded - LEAST_BYTES)) / (mostBytes - LEAST_BYTES))
      },
    }
  },
}

const withTag = (image: string): string =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") && !image.includes("@") ? `${image}:latest` : image
