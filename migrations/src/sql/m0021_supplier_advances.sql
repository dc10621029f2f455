CREATE INDEX supplier_movements_by_order ON supplier_movements (order_id);
