"""The product on one screen: convert one notebook, build all of them."""
