// How money reaches a provider's bank. The domain decides that and how much; a rail knows the bank.
export interface PayoutRail {
  /**
   * Pays, or takes down that it was paid. The same `paymentId` pays once, however often it is asked.
   * Answers the reference under which the bank knows the payment.
   */
  pay(payment: RailPayment): Promise<string>
}

export interface RailPayment {
  paymentId: string
  providerId: string
  amountMicros: bigint
  /** What the operator was told by the bank. */
  bankReference: string
}
