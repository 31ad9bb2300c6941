"""When a customer is told something without having asked: pure rules over returns and products."""

from connectors.contracts.catalogue import Product
from connectors.contracts.notices import NoticeKind, NoticeRequest, ProductWatch
from connectors.contracts.returns import ReturnCase


def notice_about_refund(case: ReturnCase) -> NoticeRequest:
    """Tell that the money is on its way back."""
    return NoticeRequest(
        idempotency_key=f"{NoticeKind.REFUND_PAID}:{case.number}",
        kind=NoticeKind.REFUND_PAID,
        response="notice_refund_paid",
        arguments={
            "number": case.number,
            "order": case.order_number,
            "amount": {"amount": str(case.amount), "currency": case.currency},
        },
        order_number=case.order_number,
    )


def notice_about_product(watch: ProductWatch, product: Product) -> NoticeRequest | None:
    """Tell that a product can be bought again."""
    if product.stock <= 0:
        return None
    return NoticeRequest(
        idempotency_key=f"{NoticeKind.BACK_IN_STOCK}:{watch.id}",
        kind=NoticeKind.BACK_IN_STOCK,
        response="notice_back_in_stock",
        arguments={
            "name": dict(product.names),
            "price": {"amount": str(product.price), "currency": product.currency},
        },
        contact_id=watch.contact_id,
    )
