"""Tables that page, terminal and plain files share: columns that show each row as a cell with an order."""
