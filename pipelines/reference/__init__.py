"""What people read about the house, made from the house: record pages, the law as implemented, AsyncAPI, the site."""
