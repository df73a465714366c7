import { createHash } from "node:crypto"

/**
 * Shuffle sharding: which few of many queues a flow may use. Two flows rarely share all of theirs, so one that fills its
 * queues leaves the others a way through.
 */
export function dealHand(schema: string, flow: string, queues: number, handSize: number): readonly number[] {
  let entropy = createHash("sha256").update(`${schema}\0${flow}`).digest().readBigUInt64LE()
  const hand: number[] = []
  for (let dealt = 0; dealt < Math.min(handSize, queues); dealt++) {
    const left = BigInt(queues - dealt)
    let card = Number(entropy % left)
    entropy /= left
    // The card-th of those that are still in the deck.
    for (const taken of hand.toSorted((a, b) => a - b)) if (taken <= card) card++
    hand.push(card)
  }
  return hand
}
