-- The shop's database: what a mail-order company's application would have, in miniature.
-- Rows are computed, never random, so that every lab starts from the same state.

create table customers (
    id         integer primary key,
    name       text not null,
    email      text not null unique,
    last_seen  timestamptz
);

create table stock (
    sku        text primary key,
    title      text not null,
    on_hand    integer not null check (on_hand >= 0),
    price      numeric(8, 2) not null
);

create table orders (
    id         integer primary key,
    customer   integer not null references customers,
    placed     timestamptz not null,
    state      text not null check (state in ('placed', 'paid', 'picked', 'sent'))
);

create table order_lines (
    id         integer primary key,
    "order"    integer not null references orders,
    sku        text not null references stock,
    quantity   integer not null check (quantity > 0)
);

insert into customers
select n, 'Customer ' || n, 'customer' || n || '@larkfield.example', null
from generate_series(1, 200) as n;

insert into stock values
    ('TEA-250',  'Black tea, 250 g',         400, 6.50),
    ('TEA-1000', 'Black tea, 1 kg',          120, 22.00),
    ('COF-500',  'Coffee beans, 500 g',      310, 11.90),
    ('MUG-BLUE', 'Mug, blue',                 95, 8.00),
    ('MUG-RED',  'Mug, red',                 101, 8.00),
    ('POT-12',   'Teapot, 1.2 l',             40, 34.00),
    ('TIN-S',    'Tea tin, small',           260, 4.20),
    ('TIN-L',    'Tea tin, large',           180, 7.10);

insert into orders
select n, 1 + (n * 37) % 200, timestamptz '2026-01-01 08:00+00' + n * interval '17 minutes',
       (array['placed', 'paid', 'picked', 'sent'])[1 + n % 4]
from generate_series(1, 500) as n;

insert into order_lines
select n, 1 + (n * 13) % 500,
       (array['TEA-250', 'TEA-1000', 'COF-500', 'MUG-BLUE', 'MUG-RED', 'POT-12', 'TIN-S', 'TIN-L'])[1 + n % 8],
       1 + n % 3
from generate_series(1, 1200) as n;

-- What the lab's customers do while it runs. It grows by itself, so no fingerprint looks at it.
create schema traffic;
create unlogged table traffic.orders (
    at        timestamptz not null default now(),
    server    text not null default current_setting('application_name'),
    release   text not null,
    customer  integer not null,
    sku       text not null,
    quantity  integer not null,
    total     numeric(10, 2) not null
);
