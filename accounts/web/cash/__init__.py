"""The cash desk: taking cash, receipts, the cashier's day, paper books, where cash goes."""
