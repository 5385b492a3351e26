/**
 * How a delivery or an incident ends: the one closed list. `docs/outcomes.md` is generated from it.
 * `delivery` outcomes are said of a repeated or harmless event and never become an incident's own.
 */
export const outcomes = {
  open: 'Work has begun and has not ended: in progress, or interrupted and about to be retried.',
  fixed: 'Changed, read back, and found safe.',
  safe: 'Read and found safe already: nothing was changed.',
  rehearsed: 'Read and planned, as mode notify asks: the message says what would have been changed.',
  asked: 'Planned; waits for a person: firebreak approve ID.',
  told: 'Recognised and told; the rule has no fix, or the safe state is not known.',
  exempt: 'Recognised, and left alone because a reviewed exemption covers it.',
  off: 'Recognised, and left alone because the rule is off here.',
  attempt: 'The call failed: an attempt, not a change.',
  failed: 'The fix failed or could not be proven, after all retries; in the dead-letter queue too.',
  undone: 'A fix was taken back, and the earlier state read back.',
  unparsed: 'The event could not be understood: stored and told.',
  own: 'Delivery: the event was made by a write of Firebreak’s own, or by a recorded undo.',
  duplicate: 'Delivery: this event was handled before.',
  witness: 'Later word of a trouble that was already put out; added to its incident.',
  drifted: 'Delivery: undo refused, because the resource changed after the fix.',
  replanned: 'Delivery: approval refused, because the resource changed after the question; asked again.',
} as const satisfies Record<string, string>;

export type Outcome = keyof typeof outcomes;

/** Outcomes after which a second delivery of the same event has nothing left to do. */
export const settled = (outcome: Outcome): boolean => outcome !== 'open' && outcome !== 'failed';
