"""What an officer says on the phone: the text of the account's stage, in the debtor's language.

A script is a text for calls (`correspondence`): versions by one person, approved by another, by
creditor, language and payer type. Its code is that of the stage's step or, where that has none for
calls, of the stage. What a law wants said besides is the gate's (`compliance.spoken`).
Door: the panel "call.script".
"""
