#!/usr/bin/env python3
"""Places orders on a Bourse and follows what becomes of them: the topics alone, no library of ours."""
import argparse
import os
import re
import sys
import time
import uuid
from decimal import Decimal, InvalidOperation

from bourse.market.v1 import market_pb2 as market
from bourse.orders.v1 import orders_pb2 as orders
from bourse.portfolio.v1 import portfolio_pb2 as portfolio
from bourse.users.v1 import users_pb2 as users
from confluent_kafka import KafkaException

from bus import BusError, Command, Journal, Sender, derived_id

JOURNALS = {  # topic: (who writes it, its steps)
    "users.events": ("/svc-users/users", users.UserEvents),
    "market.events": ("/svc-marketdata/market", market.MarketEvents),
    "orders.events": ("/svc-orders/desk", orders.OrderEvents),
    "portfolio.events": ("/svc-portfolio/ledger", portfolio.PortfolioEvents),
}
ENDED = ("order_rejected", "order_canceled")
# The desk hears of accounts and instruments a moment after they were made.
NOT_YET_KNOWN = (orders.REJECT_REASON_UNKNOWN_ACCOUNT, orders.REJECT_REASON_UNKNOWN_SYMBOL,
                 orders.REJECT_REASON_MARKET_CLOSED)


class Refused(Exception):
    """A business rule said no."""

    def __init__(self, text, why=None):
        super().__init__(text)
        self.why = why  # RejectReason of the context that was asked


def micros(text):
    """Decimal text to millionths, without a float on the way."""
    try:
        exact = Decimal(text) * 1_000_000
        if exact == int(exact) and 0 < exact < 2**63:
            return int(exact)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0 with at most six decimals")


def amount(value):
    text = f"{Decimal(value) / 1_000_000:,.6f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}" if part else whole


def order(text):
    """'buy 60 AAPL 585.30' or 'sell 60 AAPL market' to a PlaceOrder without its account."""
    match = re.fullmatch(r"(buy|sell)\s+(\S+)\s+(\S+)\s+(\S+)", text.strip(), re.IGNORECASE)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not 'buy|sell QUANTITY SYMBOL PRICE|market'")
    side, quantity, symbol, price = match.groups()
    placed = orders.PlaceOrder(
        symbol=symbol.upper(), side=orders.SIDE_BUY if side.lower() == "buy" else orders.SIDE_SELL,
        type=orders.ORDER_TYPE_MARKET, time_in_force=orders.TIME_IN_FORCE_DAY, quantity_micros=micros(quantity))
    if price.lower() != "market":
        placed.type = orders.ORDER_TYPE_LIMIT
        placed.limit_price_micros = micros(price)
    return placed


def shares(text):
    symbol, _, quantity = text.partition(":")
    if not symbol or not quantity:
        raise argparse.ArgumentTypeError(f"'{text}' is not SYMBOL:QUANTITY")
    return symbol.upper(), micros(quantity)


def account_id(text):
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no UUID") from None


def reason(value):
    return orders.RejectReason.Name(value).removeprefix("REJECT_REASON_")


def tell(order_id, name, fact):
    """One line for one fact about an order."""
    cash = lambda: f"; cash {amount(fact.cash_micros)}, of it held {amount(fact.cash_held_micros)}"
    side = lambda: orders.Side.Name(fact.side).removeprefix("SIDE_").lower()
    if name == "order_accepted":
        price = "market" if fact.type == orders.ORDER_TYPE_MARKET else amount(fact.limit_price_micros)
        line = f"accepted  {side()} {amount(fact.quantity_micros)} {fact.symbol} at {price}{cash()}"
    elif name == "order_filled":
        line = (f"filled    {amount(fact.last_quantity_micros)} at {amount(fact.last_price_micros)},"
                f" {amount(fact.leaves_micros)} open{cash()}")
    elif name == "order_rejected":
        line = f"rejected  {reason(fact.reason)}: {fact.text}"
    elif name == "order_canceled":
        why = orders.CancelReason.Name(fact.reason).removeprefix("CANCEL_REASON_")
        line = f"canceled  {why}, {amount(fact.canceled_micros)} were open{cash()}"
    else:
        line = name
    print(order_id, line, flush=True)


class Client:
    def __init__(self, args):
        self.args = args
        self.sender = Sender(args.bootstrap, args.patience)
        self.journals = {}

    def journal(self, topic):
        if topic not in self.journals:
            self.journals[topic] = Journal(self.args.bootstrap, topic, *JOURNALS[topic], self.args.patience)
        return self.journals[topic]

    def ask(self, context, key, message):
        """Sends a command and waits for its outcome: the first fact of the step that it caused."""
        journal = self.journal(f"{context}.events")  # before the command, so that the answer is behind it
        name, fact = journal.answer(self.sender.send(Command(f"{context}.commands", key, message)))
        if name == "command_rejected":
            raise Refused(fact.text, fact.reason)
        return fact

    def define(self, symbol, price):
        """An instrument with an open session."""
        self.ask("market", symbol, market.DefineInstrument(
            symbol=symbol, name=symbol, price_increment_micros=10_000, price_increment_below_one_micros=100,
            quantity_increment_micros=1_000_000, reference_price_micros=price))
        try:
            self.ask("market", symbol, market.OpenSession(
                symbol=symbol, session_date=int(time.strftime("%Y%m%d", time.gmtime()))))
        except Refused as refused:
            if refused.why != market.REJECT_REASON_SESSION_OPEN:
                raise

    def open(self, cash, positions):
        """A user with an account and what is in it; the account's id, once the desk knows of it all."""
        user = str(uuid.uuid4())
        desk = self.journal("orders.events")
        self.ask("users", user, users.RegisterUser(
            user_id=user, email=f"{user}@example.com", display_name="A Python producer"))
        account = self.ask("users", user, users.OpenAccount(user_id=user)).account.account_id
        deposits = [portfolio.Deposit(account_id=account, amount_micros=cash)] if cash else []
        deposits += [portfolio.Deposit(account_id=account, symbol=symbol, quantity_micros=quantity)
                     for symbol, quantity in positions]
        for deposit in deposits:
            booked = self.ask("portfolio", account, deposit).deposit_id
            desk.next(lambda key, _meta, _name, fact, booked=booked:
                      key == account and getattr(fact, "reference_id", "") == booked,
                      f"the deposit {booked}")
        return account

    def place(self, account, wanted, seconds):
        """Places one order and follows it until it ends or `seconds` are over; the name of its last fact."""
        journal = self.journal("orders.events")
        wanted.account_id = account
        end = time.monotonic() + self.args.patience
        while True:
            command = Command("orders.commands", account, wanted)
            name, fact = journal.answer(self.sender.send(command))
            if name != "order_rejected" or fact.reason not in NOT_YET_KNOWN or time.monotonic() > end:
                break
            time.sleep(0.2)  # refused for good; a new command is a new try
        order_id = derived_id("desk", account, command.id)
        tell(order_id, name, fact)
        end = time.monotonic() + seconds
        while name not in ENDED and not (name == "order_filled" and not fact.leaves_micros):
            found = journal.next(lambda key, _meta, _name, of:
                                 key == account and getattr(of, "order_id", "") == order_id,
                                 order_id, seconds=max(0.0, end - time.monotonic()))
            if found is None:
                break
            _, name, fact = found
            tell(order_id, name, fact)
        return name


def cmd_market(client, args):
    client.define(args.symbol.upper(), args.price)
    print(f"{args.symbol.upper()} is open")


def cmd_open(client, args):
    print(client.open(args.cash, args.shares or []))


def cmd_place(client, args):
    names = [client.place(args.account, wanted, args.follow) for wanted in args.orders]
    if any(name in ENDED for name in names):
        raise Refused("not all orders were taken")


def cmd_demo(client, args):
    symbol = "PY" + uuid.uuid4().hex[:6].upper()
    print(f"# an instrument {symbol}, somebody with 300 shares, somebody with 10,000.00", flush=True)
    client.define(symbol, micros("10"))
    seller = client.open(0, [(symbol, micros("300"))])
    buyer = client.open(micros("10000"), [])
    print("# one offers, the other takes", flush=True)
    client.place(seller, order(f"sell 300 {symbol} 10"), 0)
    taken = client.place(buyer, order(f"buy 300 {symbol} 10"), args.patience)
    print("# 7,000.00 are left: too little for this", flush=True)
    refused = client.place(buyer, order(f"buy 800 {symbol} 10"), args.patience)
    if (taken, refused) != ("order_filled", "order_rejected"):
        raise Refused("that is not what should have come of it")


def arguments():
    parser = argparse.ArgumentParser(
        prog="producer.py", description=__doc__,
        epilog="Exit status: 0 done, 1 refused by a rule (an order that was rejected), 2 wrong usage, 3 no answer.")
    parser.add_argument("--bootstrap", default=os.environ.get("BOURSE_KAFKA_BOOTSTRAP"), metavar="HOST:PORT",
                        help="Kafka (BOURSE_KAFKA_BOOTSTRAP)")
    parser.add_argument("--patience", type=float, default=30, metavar="SECONDS",
                        help="how long to wait for an answer (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    c = commands.add_parser("demo", help="all of it: a trade between two new accounts, and an order that is refused")
    c.set_defaults(run=cmd_demo)
    c = commands.add_parser("market", help="define an instrument and open its session")
    c.add_argument("symbol")
    c.add_argument("price", type=micros, help="yesterday's close")
    c.set_defaults(run=cmd_market)
    c = commands.add_parser("open", help="register a user, open an account, deposit; prints the account's id")
    c.add_argument("--cash", type=micros, default=0, metavar="AMOUNT", help="10000.00")
    c.add_argument("--shares", type=shares, action="append", metavar="SYMBOL:QUANTITY", help="AAPL:300, repeatable")
    c.set_defaults(run=cmd_open)
    c = commands.add_parser("place", help="place orders of an account, one after the other, and follow them")
    c.add_argument("account", type=account_id)
    c.add_argument("orders", type=order, nargs="+", metavar="ORDER",
                   help="'buy 60 AAPL 585.30' or 'sell 60 AAPL market'")
    c.add_argument("--follow", type=float, default=2, metavar="SECONDS",
                   help="how long to follow each after its acceptance (%(default)s)")
    c.set_defaults(run=cmd_place)
    args = parser.parse_args()
    if not args.bootstrap:
        parser.error("where is Kafka? --bootstrap, or BOURSE_KAFKA_BOOTSTRAP")
    return args


def main():
    args = arguments()
    try:
        args.run(Client(args), args)
    except Refused as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    except (BusError, KafkaException) as error:
        print(f"producer.py: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
